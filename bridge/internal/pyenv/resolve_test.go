package pyenv_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// complete is a stand-in for a Python that has mistral-common.
func complete(t *testing.T) string {
	t.Helper()
	return answer(t, func(f map[string]any) { f["packages"] = map[string]string{"mistral-common": "1.13.1"} })
}

// venv puts a stand-in where a virtual environment has its python.
func venv(t *testing.T, python string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o700))
	require.NoError(t, os.Symlink(python, filepath.Join(dir, "bin", "python")))
	return dir
}

func TestResolve_order(t *testing.T) {
	python := complete(t)
	inVenv := venv(t, python)
	path := "PATH=" + filepath.Dir(python) + ":/usr/bin:/bin"
	managed := smallOptions(shared)
	nothing := pyenv.Options{CacheDir: t.TempDir()}
	with := func(o pyenv.Options, env ...string) pyenv.Options { o.Environ = env; return o }

	option := with(managed, path, "MTOK_PYTHON="+python, "VIRTUAL_ENV="+inVenv)
	option.Python = python
	for name, c := range map[string]struct {
		options pyenv.Options
		source  string
	}{
		"option":                {option, pyenv.SourceOption},
		"variable":              {with(managed, path, "MTOK_PYTHON="+python, "VIRTUAL_ENV="+inVenv), pyenv.SourceEnv},
		"active environment":    {with(managed, path, "VIRTUAL_ENV="+inVenv), pyenv.SourceVenv},
		"managed":               {with(managed, path), pyenv.SourceManaged},
		"managed, env -i":       {with(managed), pyenv.SourceManaged},
		"managed, offline":      {with(managed, path, "MTOK_OFFLINE=1"), pyenv.SourceManaged},
		"managed, no bundle":    {with(pyenv.Options{CacheDir: shared, Requirements: []byte(smallLock)}, path), pyenv.SourceManaged},
		"managed, no lock":      {with(pyenv.Options{CacheDir: shared}, path), pyenv.SourceManaged},
		"PATH, other lock":      {with(pyenv.Options{CacheDir: shared, Requirements: []byte("six==1 --hash=sha256:aa")}, path), pyenv.SourcePath},
		"PATH, other name":      {with(pyenv.Options{CacheDir: shared, Name: "other"}, path), pyenv.SourcePath},
		"PATH":                  {with(nothing, path), pyenv.SourcePath},
		"PATH, broken venv":     {with(nothing, path, "VIRTUAL_ENV=/nonexistent"), pyenv.SourcePath},
		"PATH, offline, bundle": {with(pyenv.Options{CacheDir: t.TempDir(), Distribution: bundled.Python(), Requirements: []byte(smallLock), Offline: true}, path), pyenv.SourcePath},
	} {
		t.Run(name, func(t *testing.T) {
			env, err := pyenv.Resolve(t.Context(), c.options)
			require.NoError(t, err)
			assert.Equal(t, c.source, env.Source)
			for _, attempt := range env.Tried {
				assert.NotEmpty(t, attempt.Reason)
			}
		})
	}
}

func TestResolve_namedPython(t *testing.T) {
	good := complete(t)
	bare := answer(t, func(map[string]any) {})
	for name, python := range map[string]string{"option": "", "variable": "MTOK_PYTHON="} {
		t.Run(name, func(t *testing.T) {
			o := pyenv.Options{CacheDir: t.TempDir(), Environ: []string{"PATH=" + filepath.Dir(good) + ":/usr/bin:/bin"}}
			try := func(path string) error {
				tried := o
				if python == "" {
					tried.Python = path
				} else {
					tried.Environ = append(tried.Environ, python+path)
				}
				_, err := pyenv.Resolve(t.Context(), tried)
				return err
			}
			var lacks *pyenv.MissingPackageError
			err := try(bare)
			require.ErrorAs(t, err, &lacks)
			assert.Contains(t, err.Error(), "pip install")
			require.ErrorIs(t, try("/nonexistent/python"), pyenv.ErrPythonNotFound)
		})
	}
}

func TestResolve_nothing(t *testing.T) {
	bare := answer(t, func(map[string]any) {})
	o := pyenv.Options{
		CacheDir: t.TempDir(), Distribution: bundled.Python(), Requirements: []byte(smallLock), Offline: true,
		Environ: []string{"PATH=" + filepath.Dir(bare) + ":/usr/bin:/bin", "VIRTUAL_ENV=/nonexistent"},
	}
	_, err := pyenv.Resolve(t.Context(), o)
	var none *pyenv.NotFoundError
	require.ErrorAs(t, err, &none)
	require.Len(t, none.Tried, 3)
	text := err.Error()
	for _, want := range []string{"VIRTUAL_ENV (/nonexistent/bin/python)", "managed", "PATH (" + bare, "mistral-common is not installed", "mtok setup", "MTOK_PYTHON="} {
		assert.Contains(t, text, want)
	}
	var offline *pyenv.OfflineError
	assert.ErrorAs(t, err, &offline)
	assert.ErrorIs(t, err, pyenv.ErrPythonNotFound)
}

func TestResolve_buildsMissing(t *testing.T) {
	o := smallOptions(ownCache(t))
	env, err := pyenv.Resolve(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, pyenv.SourceManaged, env.Source)
	assert.DirExists(t, env.Dir)
}

func TestResolve_failedBuild(t *testing.T) {
	o := smallOptions("/proc/cache")
	o.Environ = []string{"PATH=" + filepath.Dir(complete(t)) + ":/usr/bin:/bin"}
	_, err := pyenv.Resolve(t.Context(), o)
	var cache *pyenv.CacheError
	require.ErrorAs(t, err, &cache)
	assert.Contains(t, err.Error(), "MTOK_CACHE")
}

func TestResolve_cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := pyenv.Resolve(ctx, smallOptions(t.TempDir()))
	require.ErrorIs(t, err, context.Canceled)
}

func TestResolve_badNames(t *testing.T) {
	for _, name := range []string{"..", "a/b", ".hidden", "a b"} {
		o := smallOptions(t.TempDir())
		o.Name = name
		_, err := pyenv.Resolve(t.Context(), o)
		assert.Error(t, err, name)
	}
}
