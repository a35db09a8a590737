package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// initScript names the variable with what a process that takes the part of process 1 runs.
const initScript = "MTOK_TEST_INIT"

func initOf(script string) int {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 1
	}
	code, ok := asInit("/bin/sh", []string{"sh", "-c", script})
	if !ok {
		return 1
	}
	return code
}

// What others leave to process 1 does not stay as zombies; signals, output and the exit code are the child's.
func TestProcess1WaitsForWhatItInherits(t *testing.T) {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), initScript+`=trap 'exit 7' TERM
for i in 1 2 3 4 5; do (sh -c 'echo $$; exec sleep 0' &); done
while :; do sleep 0.1; done`)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	lines := bufio.NewScanner(out)
	for range 5 {
		require.True(t, lines.Scan())
		orphan := filepath.Join("/proc", strings.TrimSpace(lines.Text()))
		require.Eventually(t, func() bool {
			_, err := os.Stat(orphan)
			return os.IsNotExist(err)
		}, 2*time.Minute, 10*time.Millisecond, "%s stays", orphan)
	}
	require.NoError(t, c.Process.Signal(unix.SIGTERM))
	require.Error(t, c.Wait())
	assert.Equal(t, 7, c.ProcessState.ExitCode())
}

func TestProcess1EndsAsItsChild(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 3": 3, "kill -9 $$": 137} {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), initScript+"="+script)
		_ = c.Run()
		assert.Equal(t, want, c.ProcessState.ExitCode(), script)
	}
}
