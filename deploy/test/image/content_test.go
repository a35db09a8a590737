//go:build image

package image

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// content is what is in an image.
type content struct {
	files   map[string]*tar.Header
	imports map[string]string // libraries that something is linked to, and what that is
}

// content reads the image's files as a container would see them.
func (e *engine) content(image string) content {
	e.t.Helper()
	id := output(e.t, e.podman("create", image))
	defer func() { output(e.t, e.podman("rm", id)) }()
	cmd := e.podman("export", id)
	out, err := cmd.StdoutPipe()
	require.NoError(e.t, err)
	require.NoError(e.t, cmd.Start())
	c := content{files: map[string]*tar.Header{}, imports: map[string]string{}}
	for archive := tar.NewReader(out); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(e.t, err)
		name := path.Clean("/" + h.Name)
		c.files[name] = h
		if h.Typeflag != tar.TypeReg || h.Size < 64 {
			continue
		}
		text, err := io.ReadAll(archive)
		require.NoError(e.t, err)
		if !bytes.HasPrefix(text, []byte(elf.ELFMAG)) {
			continue
		}
		object, err := elf.NewFile(bytes.NewReader(text))
		require.NoError(e.t, err, name)
		libraries, err := object.ImportedLibraries()
		require.NoError(e.t, err, name)
		for _, library := range libraries {
			c.imports[path.Base(library)] = name
		}
	}
	require.NoError(e.t, cmd.Wait())
	return c
}

func (c content) names() []string {
	var names []string
	for name, h := range c.files {
		if h.Typeflag != tar.TypeDir {
			names = append(names, path.Base(name))
		}
	}
	slices.Sort(names)
	return names
}

// What is needed is in the image, and what helps an intruder is not.
func TestImage_contents(t *testing.T) {
	e := newEngine(t)
	e.build("mtok")
	c := e.content("mtok")
	require.Contains(t, c.files, "/usr/local/bin/mtok")
	names := c.names()
	require.Greater(t, len(c.imports), 10)
	for library, by := range c.imports {
		_, found := slices.BinarySearch(names, library)
		assert.True(t, found, "%s, which %s is linked to", library, by)
	}
	for _, program := range []string{"sh", "bash", "dash", "busybox", "apt-get", "dpkg", "perl", "mount", "su", "curl"} {
		_, found := slices.BinarySearch(names, program)
		assert.False(t, found, program)
	}
	for _, file := range []string{"/etc/passwd", "/etc/ssl/certs/ca-certificates.crt", "/usr/share/zoneinfo/Europe/Paris", "/usr/share/doc/mtok/LICENSE",
		"/usr/share/doc/libc6/copyright", "/var/lib/dpkg/status.d/libc6"} {
		if assert.Contains(t, c.files, file) {
			assert.NotZero(t, c.files[file].Size+int64(len(c.files[file].Linkname)), file)
		}
	}
	for name, h := range c.files {
		mode := h.FileInfo().Mode()
		if h.Typeflag != tar.TypeDir {
			assert.Zero(t, mode&(fs.ModeSetuid|fs.ModeSetgid), "%s: %s", name, mode)
		}
		if h.Typeflag != tar.TypeSymlink && name != "/tmp" && name != "/var/tmp" {
			assert.Zero(t, mode&0o002, "%s: %s", name, mode)
		}
	}
	whole, pulled := e.sizes("mtok")
	t.Logf("mtok: %d MB, %d MB to pull", whole/1e6, pulled/1e6)
}

// sizes are the bytes of the files, and of the compressed layers, which stay in bin as an OCI layout.
func (e *engine) sizes(image string) (whole, pulled int64) {
	e.t.Helper()
	for _, h := range e.content(image).files {
		whole += h.Size
	}
	layout := filepath.Join(root, "bin", "image", image)
	require.NoError(e.t, os.RemoveAll(layout))
	require.NoError(e.t, os.MkdirAll(filepath.Dir(layout), 0o750))
	e.buildah("push", "--format", "oci", image, "oci:"+layout+":latest")
	blobs, err := os.ReadDir(filepath.Join(layout, "blobs", "sha256"))
	require.NoError(e.t, err)
	for _, b := range blobs {
		info, err := b.Info()
		require.NoError(e.t, err)
		pulled += info.Size()
	}
	return whole, pulled
}
