package pyenv_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// wheel is a package of one module, made by the test.
type wheel struct {
	name, version string
	requires      []string
	salt          string // makes another content of the same version
	tag           string // of the file; none: it is for every machine
}

func (w wheel) file() string {
	return strings.ReplaceAll(w.name, "-", "_") + "-" + w.version + "-" + w.tags() + ".whl"
}

func (w wheel) tags() string {
	if w.tag == "" {
		return "py3-none-any"
	}
	return w.tag
}

func (w wheel) bytes(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	module := strings.ReplaceAll(w.name, "-", "_")
	info := module + "-" + w.version + ".dist-info/"
	metadata := fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\nProvides-Extra: more\n", w.name, w.version)
	for _, r := range w.requires {
		metadata += "Requires-Dist: " + r + "\n"
	}
	record := ""
	for _, f := range [][2]string{
		{module + ".py", fmt.Sprintf("VERSION = %q  # %s\n", w.version, w.salt)},
		{info + "METADATA", metadata},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: " + w.tags() + "\n"},
	} {
		entry, err := z.Create(f[0])
		require.NoError(t, err)
		_, err = entry.Write([]byte(f[1]))
		require.NoError(t, err)
		record += f[0] + ",,\n"
	}
	entry, err := z.Create(info + "RECORD")
	require.NoError(t, err)
	_, err = entry.Write([]byte(record + info + "RECORD,,\n"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

func (w wheel) hash(t *testing.T) string {
	t.Helper()
	sum := sha256.Sum256(w.bytes(t))
	return hex.EncodeToString(sum[:])
}

func (w wheel) lockLine(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("%s==%s \\\n    --hash=sha256:%s\n", w.name, w.version, w.hash(t))
}

func lockOf(t *testing.T, wheels ...wheel) []byte {
	t.Helper()
	text := ""
	for _, w := range wheels {
		text += w.lockLine(t)
	}
	return []byte(text)
}

// directory writes the wheels into a directory.
func directory(t *testing.T, wheels ...wheel) string {
	t.Helper()
	dir := t.TempDir()
	for _, w := range wheels {
		require.NoError(t, os.WriteFile(filepath.Join(dir, w.file()), w.bytes(t), 0o600))
	}
	return dir
}

// index is a package index with these wheels. It counts what is fetched from it.
type index struct {
	*httptest.Server
	mu      sync.Mutex
	fetched []string
	// hashes says whether its pages list the hashes of the files.
	hashes bool
	// answer takes over a request, if it is set and says so.
	answer func(http.ResponseWriter, *http.Request) bool
}

func newIndex(t *testing.T, wheels ...wheel) *index {
	t.Helper()
	x := &index{hashes: true}
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x.answer != nil && x.answer(w, r) {
			return
		}
		if project, ok := strings.CutPrefix(r.URL.Path, "/simple/"); ok {
			x.page(t, w, strings.Trim(project, "/"), wheels)
			return
		}
		for _, file := range wheels {
			if r.URL.Path == "/"+file.file() {
				x.mu.Lock()
				x.fetched = append(x.fetched, file.file())
				x.mu.Unlock()
				_, _ = w.Write(file.bytes(t))
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(x.Close)
	return x
}

func (x *index) page(t *testing.T, w http.ResponseWriter, project string, wheels []wheel) {
	found := false
	w.Header().Set("Content-Type", "text/html")
	for _, file := range wheels {
		if file.name != project {
			continue
		}
		found = true
		fragment := ""
		if x.hashes {
			fragment = "#sha256=" + file.hash(t)
		}
		_, _ = fmt.Fprintf(w, "<a href=\"/%s%s\">%s</a><br>\n", file.file(), fragment, file.file())
	}
	if !found {
		w.WriteHeader(http.StatusNotFound)
	}
}

// only makes it the one place that packages come from; nothing is tried twice.
func (x *index) only(more ...string) []string {
	return append(bare("HOME=/nonexistent", "PATH="+os.Getenv("PATH"), "PIP_RETRIES=0", "PIP_INDEX_URL="+x.URL+"/simple/"), more...)
}

// install sets up an environment in a cache of its own.
func install(t *testing.T, lock []byte, environ []string) (*pyenv.Environment, error) {
	t.Helper()
	o := smallOptions(ownCache(t))
	o.Requirements, o.Environ = lock, environ
	env, err := pyenv.Setup(t.Context(), o)
	if err != nil {
		require.Empty(t, temporaries(t, o.CacheDir))
	}
	return env, err
}
