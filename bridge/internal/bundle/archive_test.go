package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
)

// entry is a file of an archive that a test makes by hand.
type entry struct {
	bundle.File
	text string
}

const (
	interpreter = "python/cpython-1"
	environment = "envs/default-0123456789ab-abcdef"
)

func file(path, text string) entry {
	return entry{bundle.File{Path: path, Size: int64(len(text)), Time: 1_700_000_000, SHA256: hash(text)}, text}
}

func link(path, to string) entry { return entry{bundle.File{Path: path, Link: to}, ""} }

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func ordinary() []entry {
	python := file(interpreter+"/bin/python3", strings.Repeat("python ", 50_000))
	python.Executable = true
	return []entry{
		python,
		file(interpreter+"/lib/os.py", "import sys\n"),
		link(environment+"/bin/python", "../../../"+interpreter+"/bin/python3"),
		link(environment+"/lib64", "lib"),
		file(environment+"/lib/empty.py", ""),
	}
}

// archive writes any entries, right or wrong: Write would refuse most of them.
func archive(t *testing.T, entries []entry, change func(*bundle.Header)) []byte {
	t.Helper()
	h := bundle.Header{
		Shape: bundle.Shape, Platform: "linux/amd64", Name: "default", Lock: hash("lock"), Key: "cpython-1",
		Interpreter: interpreter, Environment: environment, Files: len(entries),
	}
	files := make([]bundle.File, 0, len(entries))
	for _, e := range entries {
		h.Bytes += e.Size
		files = append(files, e.File)
	}
	list, err := json.Marshal(files)
	require.NoError(t, err)
	h.List = hash(string(list))
	if change != nil {
		change(&h)
	}
	head, err := json.Marshal(h)
	require.NoError(t, err)
	all := append([]entry{file("bundle.json", string(head)), file("files.json", string(list))}, entries...)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range all {
		header := &tar.Header{Name: e.Path, Size: int64(len(e.text)), Mode: 0o644, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if e.Link != "" {
			header.Typeflag, header.Linkname = tar.TypeSymlink, e.Link
		}
		require.NoError(t, w.WriteHeader(header))
		_, err := io.WriteString(w, e.text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func zip(t *testing.T, kind string, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch kind {
	case ".tar":
		return text
	case ".tar.gz":
		w = gzip.NewWriter(&b)
	default:
		w, err = zstd.NewWriter(&b, zstd.WithWindowSize(8<<20))
		require.NoError(t, err)
	}
	_, err = w.Write(text)
	require.NoError(t, errors.Join(err, w.Close()))
	return b.Bytes()
}

// unpack extracts both trees into a directory with a neighbour that nothing may touch.
func unpack(t *testing.T, text []byte) (string, error) {
	t.Helper()
	top := t.TempDir()
	r, err := bundle.Open(fstest.MapFS{"env.tar": {Data: text}}, "env.tar")
	if err != nil {
		return top, err
	}
	defer r.Close()
	into := map[string]*os.Root{}
	for _, tree := range []string{r.Header.Interpreter, r.Header.Environment} {
		dir := filepath.Join(top, "cache", filepath.FromSlash(tree))
		require.NoError(t, os.MkdirAll(dir, 0o700))
		into[tree], err = os.OpenRoot(dir)
		require.NoError(t, err)
		defer into[tree].Close()
	}
	return top, r.Extract(t.Context(), into)
}

func rewrite(t *testing.T, text []byte, name string, change func(*tar.Header)) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for r := tar.NewReader(bytes.NewReader(text)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if h.Name == name {
			change(h)
		}
		require.NoError(t, w.WriteHeader(h))
		if h.Size > 0 {
			_, err = io.Copy(w, r)
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}
