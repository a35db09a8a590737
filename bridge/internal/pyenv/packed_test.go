package pyenv_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// packed is a bundle of the shared environment, in a file.
var packed = sync.OnceValues(func() (string, error) {
	path := filepath.Join(filepath.Dir(shared), "env.tar")
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	_, err = pyenv.Pack(context.Background(), smallOptions(shared), file)
	return path, err
})

// fromBundle are the options of a program that has nothing but a bundle, and may not fetch.
func fromBundle(t *testing.T, cache string) pyenv.Options {
	t.Helper()
	path, err := packed()
	require.NoError(t, err)
	return pyenv.Options{BundleFile: path, Requirements: []byte(smallLock), CacheDir: cache, Offline: true, Environ: bare()}
}

func TestResolve_bundle(t *testing.T) {
	o := fromBundle(t, filepath.Join(t.TempDir(), "cache"))
	env, err := pyenv.Resolve(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, pyenv.SourceManaged, env.Source)
	assert.Equal(t, env.Dir, env.Interpreter.Prefix)
	assert.Equal(t, filepath.Join(o.CacheDir, "python", bundled.Python().Key()), env.Interpreter.BasePrefix)
	use(t, env)
	found, err := pyenv.Verify(t.Context(), env)
	require.NoError(t, err)
	assert.Empty(t, found)
	assert.Empty(t, temporaries(t, o.CacheDir))
	mark, err := os.ReadFile(filepath.Join(env.Dir, ".complete.json"))
	require.NoError(t, err)
	assert.NotContains(t, string(mark), shared, "a path of the machine on which it was packed")

	// It is what a program finds that would have built it, without the bundle.
	o.BundleFile, o.Distribution = "", bundled.Python()
	again, err := pyenv.Resolve(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, env.Dir, again.Dir)

	// And what was damaged since is taken from the bundle once more.
	library := filepath.Join(env.Interpreter.BasePrefix, "lib", "python3.14", "os.py")
	require.NoError(t, os.WriteFile(library, nil, 0o600))
	require.NoError(t, os.RemoveAll(env.Interpreter.SitePackages))
	mended, err := pyenv.Resolve(t.Context(), fromBundle(t, o.CacheDir))
	require.NoError(t, err)
	use(t, mended)
	found, err = pyenv.Verify(t.Context(), mended)
	require.NoError(t, err)
	assert.Empty(t, found)
}

// counting is a file system that counts what is read from it.
type counting struct {
	fs.FS
	read *atomic.Int64
}

func (c counting) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(c.FS, name) }

func (c counting) Open(name string) (fs.File, error) {
	file, err := c.FS.Open(name)
	return countedFile{file, c.read}, err
}

type countedFile struct {
	fs.File
	read *atomic.Int64
}

func (c countedFile) Read(p []byte) (int, error) {
	n, err := c.File.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// What was unpacked is opened as what was built, at the price of the begin of the bundle.
func TestResolve_bundleReadOnce(t *testing.T) {
	o := fromBundle(t, ownCache(t))
	files := counting{os.DirFS(filepath.Dir(o.BundleFile)), new(atomic.Int64)}
	o.Bundle, o.BundleFile = files, ""
	first, err := pyenv.Resolve(t.Context(), o)
	require.NoError(t, err)
	assert.Greater(t, files.read.Load(), int64(50_000_000))
	files.read.Store(0)
	o.Progress = func(e pyenv.Event) { t.Errorf("event %v", e) }
	second, err := pyenv.Resolve(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, first.Interpreter, second.Interpreter)
	assert.LessOrEqual(t, files.read.Load(), int64(128<<10))
}

// Nothing is left of a bundle that is refused, and what is there stays as it was.
func TestResolve_refusedBundle(t *testing.T) {
	path, err := packed()
	require.NoError(t, err)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	changed := bytes.Clone(whole)
	at := bytes.LastIndex(changed, []byte("class _SpecialGenericAlias"))
	require.Positive(t, at)
	changed[at] ^= 1
	for name, c := range map[string]struct {
		text []byte
		lock string
		kind error
	}{
		"cut off":          {whole[:len(whole)-100_000], smallLock, bundle.ErrDamaged},
		"a changed byte":   {changed, smallLock, bundle.ErrDamaged},
		"another platform": {bytes.Replace(whole, []byte(`"platform":"linux/`), []byte(`"platform":"Linux/`), 1), smallLock, bundle.ErrPlatform},
		"another lock":     {whole, smallLock + "# another\n", bundle.ErrVersion},
		"something else":   {[]byte(strings.Repeat("?", 1000)), smallLock, bundle.ErrNotOne},
	} {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			o := pyenv.Options{
				Bundle: fstest.MapFS{"env.tar": {Data: c.text}}, Requirements: []byte(c.lock), CacheDir: cache, Environ: bare(),
				Distribution: bundled.Python(), // which must not be built on instead
			}
			_, err := pyenv.Resolve(t.Context(), o)
			var refused *bundle.Error
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, c.kind, refused.Kind, err)
			assert.Contains(t, err.Error(), "env.tar: ")
			for _, sub := range []string{"python", "envs"} {
				t.Run(sub, func(t *testing.T) {
					entries, _ := os.ReadDir(filepath.Join(cache, sub))
					assert.Empty(t, entries)
				})
			}
		})
	}
}

// A bundle of another version gets a place of its own beside the first, on the same interpreter.
func TestResolve_twoBundles(t *testing.T) {
	cache := ownCache(t)
	one, err := pyenv.Resolve(t.Context(), fromBundle(t, cache))
	require.NoError(t, err)
	other := fromBundle(t, cache)
	other.Requirements = []byte("# a later one\n" + smallLock)
	builder := smallOptions(ownCache(t))
	builder.Requirements = other.Requirements
	other.BundleFile = filepath.Join(t.TempDir(), "later.tar")
	file, err := os.Create(other.BundleFile)
	require.NoError(t, err)
	defer file.Close()
	_, err = pyenv.Pack(t.Context(), builder, file)
	require.NoError(t, err)
	two, err := pyenv.Resolve(t.Context(), other)
	require.NoError(t, err)
	assert.NotEqual(t, one.Dir, two.Dir)
	for _, env := range []*pyenv.Environment{one, two} {
		use(t, env)
	}
	again, err := pyenv.Resolve(t.Context(), fromBundle(t, cache))
	require.NoError(t, err)
	assert.Equal(t, one.Dir, again.Dir)
}

func TestResolve_whichBundle(t *testing.T) {
	o := fromBundle(t, builtCache(t))
	file := o.BundleFile
	o.BundleFile = ""
	o.Environ = bare("MTOK_BUNDLE="+file, "VIRTUAL_ENV=/nonexistent")
	env, err := pyenv.Resolve(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, pyenv.SourceManaged, env.Source)
	assert.Empty(t, env.Tried)

	o.Environ = bare("MTOK_BUNDLE=" + file + ".absent")
	_, err = pyenv.Resolve(t.Context(), o)
	require.ErrorIs(t, err, bundle.ErrNone)
	assert.ErrorContains(t, err, "MTOK_BUNDLE: "+file+".absent: ")

	o.Environ = bare("MTOK_BUNDLE="+file, "MTOK_PYTHON=/nonexistent/python")
	_, err = pyenv.Resolve(t.Context(), o)
	require.ErrorIs(t, err, pyenv.ErrPythonNotFound, "MTOK_PYTHON goes before MTOK_BUNDLE")
	o.BundleFile = file
	_, err = pyenv.Resolve(t.Context(), o)
	require.NoError(t, err, "what the program says goes before MTOK_PYTHON")
}
