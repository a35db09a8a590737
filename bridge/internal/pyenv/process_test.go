package pyenv_test

import (
	"bufio"
	"context"
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
func another(t *testing.T, cache, name string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = environ("PYENV_TEST_HELPER="+name, "PYENV_TEST_CACHE="+cache, "PYENV_TEST_SHARED="+shared)
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

func TestTwoProcessesBuildOnce(t *testing.T) {
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

func TestWaitingEndsWithItsContext(t *testing.T) {
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

func TestKilledHalfWay(t *testing.T) {
	cache := ownCache(t)
	cmd, lines := another(t, cache, "default")
	until(t, lines, "event install")
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	left := temporaries(t, cache)
	require.Len(t, left, 1, "the killed process was in the middle of it")

	// Its pip may outlive it and keeps the directory until it has noticed.
	require.Eventually(t, func() bool {
		o := smallOptions(cache)
		o.Name = "next"
		env, err := pyenv.Setup(t.Context(), o)
		require.NoError(t, err)
		require.NoError(t, os.RemoveAll(env.Dir))
		return len(temporaries(t, cache)) == 0
	}, time.Minute, 10*time.Millisecond)
	assert.NoDirExists(t, filepath.Join(cache, left[0]))

	env, err := pyenv.Setup(t.Context(), smallOptions(cache))
	require.NoError(t, err)
	found, err := pyenv.Verify(t.Context(), env)
	require.NoError(t, err)
	assert.Empty(t, found)
}
