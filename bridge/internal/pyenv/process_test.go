package pyenv_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// another starts this test binary as a process that sets up an environment.
func another(t *testing.T, cache, name string, more ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = environ("PYENV_TEST_HELPER="+name, "PYENV_TEST_CACHE="+cache, "PYENV_TEST_SHARED="+shared)
	cmd.Env = append(cmd.Env, more...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

func until(t *testing.T, lines *bufio.Scanner, prefix string) string {
	t.Helper()
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), prefix) {
			return lines.Text()
		}
		require.False(t, strings.HasPrefix(lines.Text(), "error"), lines.Text())
	}
	require.Fail(t, "the other process ended without saying "+prefix)
	return ""
}

func TestSetup_twoProcesses(t *testing.T) {
	cache := ownCache(t)
	_, lines := another(t, cache, "default")
	until(t, lines, "event venv") // it holds the lock now
	o := smallOptions(cache)
	var stages []string
	o.Progress = func(e pyenv.Event) { stages = append(stages, e.Stage) }
	env, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, []string{pyenv.StageWait}, stages, "we waited and built nothing")
	assert.Equal(t, "ready "+env.Dir, until(t, lines, "ready"))
}

func TestSetup_cancelWaiting(t *testing.T) {
	cache := ownCache(t)
	_, lines := another(t, cache, "default")
	until(t, lines, "event venv")
	ctx, cancel := context.WithCancel(t.Context())
	o := smallOptions(cache)
	o.Progress = func(e pyenv.Event) {
		if e.Stage == pyenv.StageWait {
			cancel()
		}
	}
	_, err := pyenv.Setup(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	until(t, lines, "ready")
}

func TestSetup_killed(t *testing.T) {
	cache := ownCache(t)
	asked, over := make(chan struct{}, 9), make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{}; <-over }))
	t.Cleanup(func() { close(over); silent.Close() })
	cmd, _ := another(t, cache, "default", "PIP_INDEX_URL="+silent.URL, "PIP_TIMEOUT=6000", "NO_PROXY=127.0.0.1", "PIP_PROXY=")
	<-asked // pip waits now, for longer than the test
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	left := temporaries(t, cache)
	require.Len(t, left, 1, "the killed process was in the middle of it")

	// Nothing of it runs on, and the next set-up clears up even where it has nothing to build.
	assert.Eventually(t, func() bool { return len(processesIn(t, cache)) == 0 }, time.Minute, 5*time.Millisecond, "pip outlived it")
	o := smallOptions(cache)
	o.Name = "next"
	require.NoError(t, os.Rename(filepath.Join(cache, left[0]), filepath.Join(cache, "kept")))
	_, err := pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, os.Rename(filepath.Join(cache, "kept"), filepath.Join(cache, left[0])))
	_, err = pyenv.Setup(t.Context(), o)
	require.NoError(t, err)
	assert.Empty(t, temporaries(t, cache))

	env, err := pyenv.Setup(t.Context(), smallOptions(cache))
	require.NoError(t, err)
	found, err := pyenv.Verify(t.Context(), env)
	require.NoError(t, err)
	assert.Empty(t, found)
}

// processesIn are the processes that were started with a path in the cache.
func processesIn(t *testing.T, cache string) (found []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, path := range all {
		if line, err := os.ReadFile(path); err == nil && strings.Contains(string(line), cache) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
