package pyenv_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// copyCache is `cp -r`: files get new times, and stay what they are otherwise. The
// times differ from those of the originals whatever the clock says.
func copyCache(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	stamp := time.Now().Add(-48 * time.Hour)
	require.NoError(t, filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chtimes(path, stamp, stamp)
	}))
}

// fullCache is a cache with an interpreter of its own and the small environment.
func fullCache(t *testing.T) string {
	t.Helper()
	cache := filepath.Join(t.TempDir(), "cache")
	copyCache(t, shared, cache)
	return cache
}

// earlierCache is one as earlier versions made it: its links and its marker name
// places, and its modules were compiled for the times that the sources had.
func earlierCache(t *testing.T) string {
	t.Helper()
	cache := fullCache(t)
	key := bundled.Python().Key()
	python := filepath.Join(cache, "python", key)
	dirs, err := filepath.Glob(filepath.Join(cache, "envs", "default-*"))
	require.NoError(t, err)
	require.Len(t, dirs, 1)
	env := dirs[0]
	compile := exec.CommandContext(t.Context(), filepath.Join(python, "bin", "python3"), "-I", "-m", "compileall", "-q", "-f",
		filepath.Join(python, "lib", "python3.14", "json"), filepath.Join(python, "lib", "python3.14", "encodings"),
		filepath.Join(env, "lib", "python3.14", "site-packages"))
	out, err := compile.CombinedOutput()
	require.NoError(t, err, string(out))
	link := filepath.Join(env, "bin", "python")
	require.NoError(t, os.Remove(link))
	require.NoError(t, os.Symlink(filepath.Join(python, "bin", "python3"), link))
	for _, dir := range []string{python, env} {
		require.NoError(t, pyenv.WriteManifest(dir, key))
	}
	path := filepath.Join(env, ".complete.json")
	var mark map[string]any
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &mark))
	mark["base"], mark["unpacked"] = filepath.Join(python, "bin", "python3"), python
	text, err = json.Marshal(mark)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return cache
}

// ways are what may happen to a cache; each returns where it is then, and leaves
// nothing where it was.
var ways = map[string]func(*testing.T, string) string{
	"moved": func(t *testing.T, cache string) string {
		to := filepath.Join(t.TempDir(), "elsewhere", "deep")
		require.NoError(t, os.Mkdir(filepath.Dir(to), 0o700))
		require.NoError(t, os.Rename(cache, to))
		return to
	},
	"copied to another place": func(t *testing.T, cache string) string {
		to := filepath.Join(t.TempDir(), "elsewhere")
		copyCache(t, cache, to)
		require.NoError(t, os.RemoveAll(cache))
		return to
	},
	"copied, and back": func(t *testing.T, cache string) string {
		require.NoError(t, os.Rename(cache, cache+".orig"))
		copyCache(t, cache+".orig", cache)
		require.NoError(t, os.RemoveAll(cache+".orig"))
		return cache
	},
	"without compiled modules": func(t *testing.T, cache string) string {
		require.NoError(t, filepath.WalkDir(cache, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Name() == "__pycache__" {
				err = errors.Join(os.RemoveAll(path), fs.SkipDir)
				if errors.Is(err, fs.SkipDir) {
					return fs.SkipDir
				}
			}
			return err
		}))
		to := filepath.Join(t.TempDir(), "elsewhere")
		copyCache(t, cache, to)
		require.NoError(t, os.RemoveAll(cache))
		return to
	},
	"behind a link": func(t *testing.T, cache string) string {
		to := filepath.Join(t.TempDir(), "link")
		require.NoError(t, os.Symlink(cache, to))
		return to
	},
}

// A cache that was copied or moved works at first try, without the network, and
// there is nothing wrong with it, then or after it was used.
func TestCache_copied(t *testing.T) {
	for how, way := range ways {
		for when, make := range map[string]func(*testing.T) string{"": fullCache, " (earlier version)": earlierCache} {
			if when != "" && (how == "behind a link" || how == "without compiled modules") {
				continue // nothing in that hangs on the version
			}
			t.Run(how+when, func(t *testing.T) {
				cache := way(t, make(t))
				o := smallOptions(cache)
				o.Offline, o.Environ = true, bare()
				o.Progress = func(e pyenv.Event) { t.Errorf("event %v", e) }
				env, err := pyenv.Setup(t.Context(), o)
				require.NoError(t, err)
				assert.Equal(t, cache, filepath.Dir(filepath.Dir(env.Dir)))
				assert.Equal(t, env.Dir, env.Interpreter.Prefix)
				if how != "behind a link" {
					assert.Equal(t, filepath.Join(cache, "python", bundled.Python().Key()), env.Interpreter.BasePrefix)
				}
				use(t, env)
				found, err := pyenv.Verify(t.Context(), env)
				require.NoError(t, err)
				assert.Empty(t, found)

				// The next time, nothing has to be run or hashed.
				path := filepath.Join(env.Interpreter.SitePackages, "typing_extensions.py")
				again, err := pyenv.Setup(t.Context(), o)
				require.NoError(t, err)
				assert.Equal(t, env.Interpreter, again.Interpreter)
				tamperKeepingTime(t, path)
				_, err = pyenv.Setup(t.Context(), o)
				require.NoError(t, err, "what has its size and time is not hashed")

				// Without a distribution in the program it is found all the same.
				o.Distribution = nil
				other, err := pyenv.Resolve(t.Context(), o)
				require.NoError(t, err)
				assert.Equal(t, env.Dir, other.Dir)
			})
		}
	}
}

// use imports what is in the environment, as a program does that may write.
func use(t *testing.T, env *pyenv.Environment) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), env.Interpreter.Executable, "-c",
		"import json.decoder, encodings.cp037, typing_extensions, sys; print(typing_extensions.__file__, json.__file__)").CombinedOutput()
	require.NoError(t, err, string(out))
	for _, path := range strings.Fields(string(out)) {
		assert.True(t, strings.HasPrefix(path, env.Dir) || strings.HasPrefix(path, env.Interpreter.BasePrefix), path)
	}
}

func tamperKeepingTime(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	text[len(text)-2] ^= 1
	require.NoError(t, os.WriteFile(path, text, 0o600))
	require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
}

// A compiled module that Python would take as it is must be what was compiled.
func TestVerify_compiledModule(t *testing.T) {
	o := smallOptions(builtCache(t))
	o.Offline = true
	env, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	all, err := filepath.Glob(filepath.Join(env.Interpreter.SitePackages, "__pycache__", "typing_extensions.*.pyc"))
	require.NoError(t, err)
	require.Len(t, all, 1)
	tamperKeepingTime(t, all[0])
	found, err := pyenv.Verify(t.Context(), env)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Contains(t, found[0].Text, "typing_extensions.cpython-314.pyc: changed")
}

// Every module that compiles is compiled once, to be taken whatever its time.
func TestCompile(t *testing.T) {
	env, err := pyenv.Setup(t.Context(), smallOptions(shared))
	require.NoError(t, err)
	for i, dir := range []string{filepath.Join(env.Interpreter.BasePrefix, "lib", "python3.14"), env.Interpreter.SitePackages} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			n := 0
			require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
				if err != nil || !strings.HasSuffix(path, ".pyc") {
					return err
				}
				text, err := os.ReadFile(path)
				if err == nil {
					require.Equal(t, []byte{1, 0, 0, 0}, text[4:8], path)
					n++
				}
				return err
			}))
			sources, err := filepath.Glob(filepath.Join(dir, "*.py"))
			require.NoError(t, err)
			assert.GreaterOrEqual(t, n, len(sources), dir)
		})
	}
}

// What is there but cannot be used is not said to be absent.
func TestSetup_offlineDamaged(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(t *testing.T, env string)
		want   string
	}{
		"a file is gone": {func(t *testing.T, env string) { require.NoError(t, os.RemoveAll(filepath.Join(env, "lib"))) }, "typing_extensions-4.16.0.dist-info/METADATA: missing"},
		"no marker":      {func(t *testing.T, env string) { require.NoError(t, os.Remove(filepath.Join(env, ".complete.json"))) }, ".complete.json"},
		"no manifest": {func(t *testing.T, env string) {
			require.NoError(t, errors.Join(os.Remove(filepath.Join(env, ".manifest.json")), os.Remove(filepath.Join(env, ".probe.json"))))
		}, ".manifest.json"},
		"a damaged marker": {func(t *testing.T, env string) {
			require.NoError(t, os.WriteFile(filepath.Join(env, ".complete.json"), []byte("{"), 0o600))
		}, "unexpected end of JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			o := smallOptions(builtCache(t))
			built, err := pyenv.Setup(t.Context(), o)
			require.NoError(t, err)
			c.damage(t, built.Dir)
			o.Offline = true
			_, err = pyenv.Setup(t.Context(), o)
			var offline *pyenv.OfflineError
			require.ErrorAs(t, err, &offline)
			require.Error(t, offline.Err)
			assert.Contains(t, offline.Err.Error(), c.want)
			assert.Contains(t, err.Error(), "is there but cannot be used")
			assert.NotContains(t, err.Error(), "is not there")
		})
	}
}
