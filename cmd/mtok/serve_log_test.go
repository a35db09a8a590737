//go:build linux

package main

import (
	"bytes"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The log of a server records that a worker has died, and nothing that Python printed.
func TestServe_deadWorkersLogged(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	cmd := exec.CommandContext(t.Context(), "mtok", "serve", "--model", "v3", "--addr", "", "--uds", socket, "--workers", "1")
	// Python's first process is nobody's child otherwise.
	require.NoError(t, unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
	t.Cleanup(func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) })
	path := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	log := func() string {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(text)
	}
	cmd.Env, cmd.Stderr = append(os.Environ(), "MTOK_CACHE="+cacheDir(t)), file
	require.NoError(t, cmd.Start())
	assert.Contains(t, askUnix(t, socket, "/tokenize", `{"prompt": "Hello"}`), `"tokens":[1,23325]`)
	for _, process := range leaves(t, os.Getpid()) {
		if process != cmd.Process.Pid {
			require.NoError(t, syscall.Kill(process, syscall.SIGKILL))
		}
	}
	require.Eventually(t, func() bool { return strings.Contains(log(), "a worker process has ended") }, 2*time.Minute, 10*time.Millisecond)
	assert.Contains(t, log(), "level=WARN")
	assert.Contains(t, log(), "killed")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), log())
}

func TestWithoutPython(t *testing.T) {
	var log bytes.Buffer
	l := slog.New(withoutPython{slog.NewTextHandler(&log, nil)})
	l.Warn("secret", "logger", "stderr", "worker", 1)
	l.With("a", 1).WithGroup("g").Warn("secret", "worker", 1, "logger", "pyshim")
	assert.Empty(t, log.String())
	l.With("a", 1).Warn("a worker process has ended", "in a row", 1)
	assert.Contains(t, log.String(), "a worker process has ended")
}
