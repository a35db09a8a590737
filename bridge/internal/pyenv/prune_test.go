package pyenv_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// removedOf prunes, and returns the names of what went.
func removedOf(t *testing.T, o pyenv.Options, lock string) []string {
	t.Helper()
	locks := []pyenv.Lock{{Name: "default", Requirements: []byte(lock)}}
	dry, err := pyenv.Prune(t.Context(), o, locks, true)
	require.NoError(t, err)
	for _, e := range dry {
		assert.DirExists(t, e.Path)
	}
	gone, err := pyenv.Prune(t.Context(), o, locks, false)
	require.NoError(t, err)
	assert.Equal(t, dry, gone)
	names := []string{}
	for _, e := range gone {
		assert.NoDirExists(t, e.Path)
		assert.Positive(t, e.Bytes)
		names = append(names, filepath.Base(e.Path))
	}
	assert.Empty(t, temporaries(t, o.CacheDir))
	return names
}

// An environment that something works with is not removed, and what is current never is.
func TestPrune_inUse(t *testing.T) {
	cache := fullCache(t)
	o := smallOptions(cache)
	o.Offline = true
	env, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	name := filepath.Base(env.Dir)
	assert.Empty(t, removedOf(t, o, smallLock), "it is current")
	const other = "another lock"
	assert.Empty(t, removedOf(t, o, other), "an Environment is open")

	// A process that was started with it, of a program that does not know locks.
	runtime.KeepAlive(env)
	python := env.Interpreter.Executable
	marker := filepath.Join(env.Dir, ".complete.json")
	text, err := os.ReadFile(marker)
	require.NoError(t, err)
	require.NoError(t, os.Remove(marker)) // nobody holds the new file
	require.NoError(t, os.WriteFile(marker, text, 0o600))
	process := exec.Command(python, "-c", "input()")
	in, err := process.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	assert.Empty(t, removedOf(t, o, other), "a process works with it")
	require.NoError(t, in.Close())
	_ = process.Wait()

	// An interpreter stays as long as an environment needs it.
	var mark map[string]any
	require.NoError(t, json.Unmarshal(text, &mark))
	o.Distribution = nil
	mark["name"] = "mine"
	custom, err := json.Marshal(mark)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(marker, custom, 0o600))
	assert.Empty(t, removedOf(t, o, other))
	require.NoError(t, os.WriteFile(marker, text, 0o600))
	assert.ElementsMatch(t, []string{name, filepath.Base(mark["unpacked"].(string))}, removedOf(t, o, other))
}
