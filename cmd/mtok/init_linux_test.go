package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
func TestInit_zombies(t *testing.T) {
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

func TestInit_exitCode(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 3": 3, "kill -9 $$": 137} {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), initScript+"="+script)
		_ = c.Run()
		assert.Equal(t, want, c.ProcessState.ExitCode(), script)
	}
}

// A server that is process 1 leaves nothing as a zombie, neither its workers when their first process is killed, nor what
// others leave to it, as probes that run a shell do; it continues, and ends with 0.
func TestServe_process1(t *testing.T) {
	cmd, socket, log := servedBy(t, `exec "$@" --workers 2`, asProcess1())
	const body = `{"prompt": "Hello"}`
	assert.Contains(t, askUnix(t, socket, "/tokenize", body), `"tokens":[1,23325]`)
	var orphans []string
	for _, child := range childrenOf(t, cmd.Process.Pid) {
		workers := childrenOf(t, child)
		if len(workers) == 0 {
			continue // what does the server's work
		}
		for _, pid := range append(workers, child) {
			orphans = append(orphans, filepath.Join("/proc", strconv.Itoa(pid)))
		}
		require.NoError(t, unix.Kill(child, unix.SIGKILL))
	}
	require.Len(t, orphans, 3, log())
	probe := []string{"--target", strconv.Itoa(cmd.Process.Pid), "--pid", "sh", "-c", "exec sleep 1000 >/dev/null 2>&1 &"}
	if os.Getuid() != 0 {
		probe = append([]string{"--user", "--preserve-credentials"}, probe...)
	}
	out, err := exec.CommandContext(t.Context(), "nsenter", probe...).CombinedOutput()
	require.NoError(t, err, string(out))
	left := 0
	require.Eventually(t, func() bool {
		for _, child := range childrenOf(t, cmd.Process.Pid) {
			if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child)); err == nil && string(name) == "sleep\n" {
				left = child
			}
		}
		return left != 0
	}, 2*time.Minute, 10*time.Millisecond, "nothing is left to it")
	require.NoError(t, unix.Kill(left, unix.SIGKILL))
	orphans = append(orphans, filepath.Join("/proc", strconv.Itoa(left)))
	for _, orphan := range orphans {
		require.Eventually(t, func() bool {
			_, err := os.Stat(orphan)
			return os.IsNotExist(err)
		}, 2*time.Minute, 10*time.Millisecond, "%s stays", orphan)
	}
	require.Eventually(t, func() bool { return strings.Contains(askUnix(t, socket, "/tokenize", body), `"tokens":[1,23325]`) },
		2*time.Minute, 10*time.Millisecond, log())
	require.NoError(t, cmd.Process.Signal(unix.SIGTERM))
	require.NoError(t, cmd.Wait(), log())
	assert.Contains(t, log(), "shutting down")
}

// asProcess1 is `unshare --pid`: what is started is process 1 of others.
func asProcess1() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	if uid := os.Getuid(); uid != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
	}
	return a
}
