package pyenv_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

func TestSetup_wholeAndPrivate(t *testing.T) {
	cache := ownCache(t)
	o := smallOptions(cache)
	var events []pyenv.Event
	o.Progress = func(e pyenv.Event) { events = append(events, e) }
	env, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)

	assert.Equal(t, pyenv.SourceManaged, env.Source)
	assert.Equal(t, env.Dir, env.Interpreter.Prefix)
	assert.Equal(t, filepath.Join(env.Dir, "bin", "python"), env.Interpreter.Executable)
	assert.Equal(t, bundled.Python().Version(), env.Interpreter.Version)
	assert.FileExists(t, env.Interpreter.Library)
	out, err := exec.CommandContext(t.Context(), env.Interpreter.Executable, "-I", "-c",
		"import typing_extensions as t; print(t.__file__)").Output()
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(out), env.Dir), "imported from %s", out)

	for _, dir := range []string{"envs", "locks", "pip", "envs/" + filepath.Base(env.Dir)} {
		t.Run(dir, func(t *testing.T) {
			info, err := os.Stat(filepath.Join(cache, dir))
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), dir)
		})
	}
	assert.Empty(t, temporaries(t, cache))

	var stages []string
	for _, e := range events {
		if len(stages) == 0 || stages[len(stages)-1] != e.Stage {
			stages = append(stages, e.Stage)
		}
	}
	assert.Equal(t, []string{pyenv.StageVenv, pyenv.StageInstall, pyenv.StageVerify}, stages)
	last := events[len(events)-2]
	assert.Equal(t, 1, last.Total, "the package for another platform does not count")
	assert.Equal(t, last.Total, last.Done)

	found, err := pyenv.Verify(t.Context(), env)
	require.NoError(t, err)
	assert.Empty(t, found)
}

func TestSetup_alreadyBuilt(t *testing.T) {
	o := smallOptions(shared)
	o.Progress = func(e pyenv.Event) { t.Errorf("event %v", e) }
	o.Offline = true
	first, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	// No PATH and no home: nothing but the cache is needed.
	o.Environ = bare()
	second, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, first.Interpreter, second.Interpreter)
}

func TestSetup_hostileEnvironment(t *testing.T) {
	trap := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(trap, "json.py"), []byte("raise SystemExit('trapped')"), 0o600))
	home := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(home, ".config", "pip"), 0o700))
	diverted := strings.ReplaceAll(diversion, "/nonexistent", trap)
	require.NoError(t, os.WriteFile(filepath.Join(home, ".config", "pip", "pip.conf"), []byte("[global]\n"+diverted+"[install]\n"+diverted), 0o600))
	for name, env := range map[string][]string{
		"nothing exported": bare(),
		"files of pip's":   environ("HOME=" + home),
		"another Python":   environ("PYTHONHOME="+trap, "PYTHONPATH="+trap, "PYTHONSTARTUP=/nonexistent", "PYTHONUTF8=0"),
		"pip elsewhere":    environ("PIP_TARGET="+trap, "PIP_USER=1", "PIP_DRY_RUN=1", "PIP_REQUIRE_VIRTUALENV=1", "PIP_QUIET=3"),
	} {
		t.Run(name, func(t *testing.T) {
			o := smallOptions(ownCache(t))
			o.Environ = env
			built, err := pyenv.Setup(t.Context(), o)
			require.NoError(t, err)
			found, err := pyenv.Verify(t.Context(), built)
			require.NoError(t, err)
			assert.Empty(t, found)
		})
	}
	entries, err := os.ReadDir(trap)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "pip wrote outside of the environment")
}

func TestSetup_offline(t *testing.T) {
	for name, o := range map[string]pyenv.Options{
		"option":   {Offline: true},
		"variable": {Environ: environ("MTOK_OFFLINE=1")},
	} {
		t.Run(name, func(t *testing.T) {
			o.Distribution, o.Requirements, o.CacheDir = bundled.Python(), []byte(smallLock), filepath.Join(t.TempDir(), "none")
			_, err := pyenv.Setup(t.Context(), o)
			var offline *pyenv.OfflineError
			require.ErrorAs(t, err, &offline)
			assert.NoDirExists(t, o.CacheDir)
		})
	}
}

func TestSetup_damagedInterpreter(t *testing.T) {
	cache := t.TempDir()
	o := smallOptions(cache)
	o.Distribution = copied{bundled.Python()}
	first, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	victim := filepath.Join(cache, "python", bundled.Python().Key(), "lib", "python3.14", "json", "__init__.py")
	require.NoError(t, os.WriteFile(victim, []byte("raise SystemExit('tampered')"), 0o600))

	found, err := pyenv.Verify(t.Context(), first)
	require.NoError(t, err)
	assert.NotEmpty(t, found)

	o.Offline = true // the packages are untouched: no network is needed
	_, err = pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	text, err := os.ReadFile(victim)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "tampered")
	assert.Empty(t, temporaries(t, cache))
}

func TestVerify_changes(t *testing.T) {
	env, err := pyenv.Setup(t.Context(), smallOptions(builtCache(t)))
	require.NoError(t, err)
	module := filepath.Join(env.Interpreter.SitePackages, "typing_extensions.py")
	before, err := os.Stat(module)
	require.NoError(t, err)
	text, err := os.ReadFile(module)
	require.NoError(t, err)
	text[len(text)-2] ^= 1 // same size, same time
	require.NoError(t, os.WriteFile(module, text, 0o600))
	require.NoError(t, os.Chtimes(module, before.ModTime(), before.ModTime()))
	added := filepath.Join(env.Interpreter.SitePackages, "sitecustomize.py")
	require.NoError(t, os.WriteFile(added, nil, 0o600))
	info := filepath.Join(env.Interpreter.SitePackages, "extra-1.0.dist-info")
	require.NoError(t, os.Mkdir(info, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(info, "METADATA"), []byte("Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n"), 0o600))

	found, err := pyenv.Verify(t.Context(), env)
	require.NoError(t, err)
	var all []string
	for _, f := range found {
		all = append(all, f.Text)
	}
	text2 := strings.Join(all, "\n")
	assert.Contains(t, text2, "typing_extensions.py: changed")
	assert.Contains(t, text2, "sitecustomize.py: added")
	assert.Contains(t, text2, "extra 1.0 is not in the lock")
}

func TestSetup_damaged(t *testing.T) {
	cache := builtCache(t)
	env, err := pyenv.Setup(t.Context(), smallOptions(cache))
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(filepath.Join(env.Dir, "lib")))
	again, err := pyenv.Setup(t.Context(), smallOptions(cache))
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(again.Interpreter.SitePackages, "typing_extensions.py"))
}

func TestSetup_concurrent(t *testing.T) {
	cache := ownCache(t)
	var mu sync.Mutex
	builds := 0
	var group sync.WaitGroup
	dirs := make([]string, 4)
	for i := range dirs {
		group.Go(func() {
			o := smallOptions(cache)
			o.Progress = func(e pyenv.Event) {
				mu.Lock()
				defer mu.Unlock()
				if e.Stage == pyenv.StageVenv {
					builds++
				}
			}
			env, err := pyenv.Setup(context.Background(), o)
			if assert.NoError(t, err) {
				dirs[i] = env.Dir
			}
		})
	}
	group.Wait()
	assert.Equal(t, 1, builds)
	for _, dir := range dirs {
		assert.Equal(t, dirs[0], dir)
	}
}

func TestSetup_cancelled(t *testing.T) {
	cache := ownCache(t)
	ctx, cancel := context.WithCancel(t.Context())
	o := smallOptions(cache)
	o.Progress = func(e pyenv.Event) {
		if e.Stage == pyenv.StageInstall {
			cancel()
		}
	}
	_, err := pyenv.Setup(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, temporaries(t, cache))
}
