package bundle_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
)

func TestReader_compressions(t *testing.T) {
	for _, kind := range bundle.Extensions {
		t.Run(kind, func(t *testing.T) {
			top, err := unpack(t, zip(t, kind, archive(t, ordinary(), nil)))
			require.NoError(t, err)
			for _, e := range ordinary() {
				path := filepath.Join(top, "cache", filepath.FromSlash(e.Path))
				info, err := os.Lstat(path)
				require.NoError(t, err)
				if e.Link != "" {
					to, err := os.Readlink(path)
					require.NoError(t, err)
					assert.Equal(t, e.Link, to)
					continue
				}
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.Equal(t, e.text, string(text), e.Path)
				assert.Equal(t, e.Time, info.ModTime().Unix())
				assert.Equal(t, e.Executable, info.Mode()&0o100 != 0, e.Path)
			}
			through, err := os.ReadFile(filepath.Join(top, "cache", environment, "bin", "python"))
			require.NoError(t, err)
			assert.Equal(t, ordinary()[0].text, string(through))
		})
	}
}

func TestWrite_readBack(t *testing.T) {
	dir := t.TempDir()
	var files []bundle.File
	for _, e := range ordinary() {
		path := filepath.Join(dir, filepath.FromSlash(e.Path))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		if e.Link == "" {
			require.NoError(t, os.WriteFile(path, []byte(e.text), 0o600))
		}
		files = append(files, e.File)
	}
	h := bundle.Header{Platform: "linux/amd64", Name: "default", Lock: hash("lock"), Key: "cpython-1", Interpreter: interpreter, Environment: environment}
	var one, two bytes.Buffer
	_, err := bundle.Write(t.Context(), &one, h, files, bundle.Below(dir))
	require.NoError(t, err)
	_, err = bundle.Write(t.Context(), &two, h, files, bundle.Below(dir))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(one.Bytes(), two.Bytes()), "the same files give the same bytes")
	_, err = unpack(t, one.Bytes())
	require.NoError(t, err)

	path := filepath.Join(dir, filepath.FromSlash(files[1].Path))
	require.NoError(t, os.WriteFile(path, []byte("import bad\n"), 0o600))
	_, err = bundle.Write(t.Context(), io.Discard, h, files, bundle.Below(dir))
	assert.ErrorContains(t, err, "os.py is not as it was installed")
}

// A bundle that is cut off at any byte, or has any byte changed, is refused.
func TestReader_damaged(t *testing.T) {
	for _, kind := range bundle.Extensions {
		whole := zip(t, kind, archive(t, ordinary(), nil))
		for _, part := range []float64{0, 0.01, 0.3, 0.9, 0.999} {
			t.Run(fmt.Sprint(part), func(t *testing.T) {
				// The last kilobyte of a tar archive is empty.
				n := min(int(float64(len(whole))*part), len(whole)-1100)
				if kind != ".tar" {
					n = int(float64(len(whole)) * part)
				}
				_, err := unpack(t, whole[:n])
				var refused *bundle.Error
				require.ErrorAs(t, err, &refused, "%s cut at %v", kind, part)
				want := []error{bundle.ErrDamaged}
				if n < 512 {
					want = append(want, bundle.ErrNotOne)
				}
				assert.Contains(t, want, refused.Kind, err)
				assert.Equal(t, "env.tar", refused.Path)
			})
		}
	}
	whole := archive(t, ordinary(), nil)
	at := bytes.Index(whole, []byte("python python")) //nolint:dupword // what the file says
	whole[at+1000] ^= 1
	_, err := unpack(t, whole)
	require.ErrorIs(t, err, bundle.ErrDamaged)
	assert.ErrorContains(t, err, "bin/python3 has the hash")
}

func TestReader_refused(t *testing.T) {
	with := func(more ...entry) []entry { return append(ordinary(), more...) }
	long := file(interpreter+"/x", "announced")
	long.text = "longer than announced"
	for name, c := range map[string]struct {
		entries []entry
		change  func(*bundle.Header)
		kind    error
		want    string
	}{
		"out of its tree":        {with(file(interpreter+"/../../evil", "x")), nil, bundle.ErrDamaged, "in none of its trees"},
		"out of the cache":       {with(file("../../evil", "x")), nil, bundle.ErrDamaged, "in none of its trees"},
		"an absolute path":       {with(file("/evil", "x")), nil, bundle.ErrDamaged, "in none of its trees"},
		"another place":          {with(file("locks/evil", "x")), nil, bundle.ErrDamaged, "in none of its trees"},
		"a link out":             {with(link(environment+"/evil", "../../..")), nil, bundle.ErrDamaged, "out of its trees"},
		"a link out by another":  {with(file(environment+"/z/f", "x"), link(environment+"/a/b/c/d", "../../../z"), link(environment+"/evil", "a/b/c/d/../../../../x")), nil, bundle.ErrDamaged, "out of its trees"},
		"an absolute link":       {with(link(environment+"/evil", "/etc")), nil, bundle.ErrDamaged, "out of its trees"},
		"through a link":         {with(file(environment+"/lib64/evil", "x")), nil, bundle.ErrDamaged, "which is no directory"},
		"twice":                  {with(ordinary()[1]), nil, bundle.ErrDamaged, "twice"},
		"longer than announced":  {with(long), nil, bundle.ErrDamaged, "where its list has"},
		"a hash that is none":    {with(entry{bundle.File{Path: interpreter + "/x", SHA256: "x"}, ""}), nil, bundle.ErrDamaged, "hash"},
		"a negative size":        {with(entry{bundle.File{Path: interpreter + "/x", Size: -1, SHA256: hash("")}, ""}), nil, bundle.ErrDamaged, "negative"},
		"another list":           {ordinary(), func(h *bundle.Header) { h.List = hash("other") }, bundle.ErrDamaged, "not the one that its header names"},
		"another number":         {ordinary(), func(h *bundle.Header) { h.Files++ }, bundle.ErrDamaged, "its header says"},
		"a tree that leads out":  {ordinary(), func(h *bundle.Header) { h.Interpreter = "python/.." }, bundle.ErrDamaged, "as its trees"},
		"a tree somewhere else":  {ordinary(), func(h *bundle.Header) { h.Environment = "etc/x" }, bundle.ErrDamaged, "as its trees"},
		"a format of the future": {ordinary(), func(h *bundle.Header) { h.Shape = 7 }, bundle.ErrVersion, "its format is 7"},
	} {
		t.Run(name, func(t *testing.T) {
			top, err := unpack(t, archive(t, c.entries, c.change))
			var refused *bundle.Error
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, c.kind, refused.Kind)
			assert.ErrorContains(t, err, c.want)
			outside(t, top)
		})
	}
}

// What comes is held against the list, too: a list may be fine and the archive not.
func TestReader_notListed(t *testing.T) {
	fine := archive(t, ordinary(), nil)
	for name, change := range map[string]func(*tar.Header){
		"another name":     func(h *tar.Header) { h.Name = "../../evil" },
		"a link, not file": func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, "../../..", 0 },
		"a device":         func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeChar, 0 },
		"a hard link":      func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = tar.TypeLink, "/etc/passwd", 0 },
	} {
		t.Run(name, func(t *testing.T) {
			top, err := unpack(t, rewrite(t, fine, interpreter+"/lib/os.py", change))
			require.ErrorIs(t, err, bundle.ErrDamaged)
			outside(t, top)
		})
	}
	_, err := unpack(t, append(fine[:len(fine)-1024], archive(t, nil, nil)...))
	require.ErrorIs(t, err, bundle.ErrDamaged)
	assert.ErrorContains(t, err, "is not on its list")
}

// outside wants nothing beside the two trees.
func outside(t *testing.T, top string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		assert.NotContains(t, d.Name(), "evil")
		return err
	}))
}

func TestFind_platform(t *testing.T) {
	arm := archive(t, ordinary(), func(h *bundle.Header) { h.Platform = "linux/arm64" })
	amd := archive(t, ordinary(), nil)
	both := fstest.MapFS{"a.tar": {Data: arm}, "b.tar.zst": {Data: zip(t, ".tar.zst", amd)}, "note.txt": {Data: []byte("x")}}
	r, err := bundle.Find(both, "linux/amd64")
	require.NoError(t, err)
	assert.Equal(t, "b.tar.zst", r.Path())
	require.NoError(t, r.Close())

	for name, c := range map[string]struct {
		files fstest.MapFS
		kind  error
		want  string
	}{
		"none":              {fstest.MapFS{"note.txt": {Data: []byte("x")}}, bundle.ErrNone, "fs.Sub"},
		"another platform":  {fstest.MapFS{"a.tar": {Data: arm}}, bundle.ErrPlatform, "a.tar: the bundle is for another platform: it is for linux/arm64, and this is linux/amd64"},
		"one is damaged":    {fstest.MapFS{"a.tar": {Data: arm}, "b.tar": {Data: amd[:700]}}, bundle.ErrDamaged, "b.tar"},
		"something else":    {fstest.MapFS{"a.tar.zst": {Data: []byte(strings.Repeat("x", 600))}}, bundle.ErrNotOne, "its first bytes"},
		"an ordinary tar":   {fstest.MapFS{"a.tar": {Data: rewrite(t, amd, "bundle.json", func(h *tar.Header) { h.Name = "x" })}}, bundle.ErrNotOne, `it begins with "x"`},
		"only other's ones": {fstest.MapFS{"a.tar": {Data: arm}, "b.tar": {Data: arm}}, bundle.ErrPlatform, "b.tar"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bundle.Find(c.files, "linux/amd64")
			require.ErrorIs(t, err, c.kind)
			assert.ErrorContains(t, err, c.want)
		})
	}
	_, err = bundle.OpenFile(filepath.Join(t.TempDir(), "none.tar"))
	require.ErrorIs(t, err, bundle.ErrNone)
	require.ErrorIs(t, err, fs.ErrNotExist)
}
