package pool_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

// orphanVariable makes the test program a parent that does not outlive its workers.
const orphanVariable = "MTOK_TEST_ORPHANS"

// runParent has workers in every state, names them, and waits to be killed.
func runParent() int {
	python = os.Getenv(orphanVariable)
	o := options()
	o.Workers = 3
	ctx := context.Background()
	p, err := pool.Start(ctx, o)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	c := p.NewClient()
	for _, what := range []string{"native", "hang"} {
		if _, err := c.Submit(ctx, frame(opFault, 0, 0, what)); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	for p.RunningJobs() < 2 || len(p.Stats().Workers) < 3 {
		time.Sleep(time.Millisecond)
	}
	for _, w := range p.Stats().Workers {
		fmt.Println(w.PID)
	}
	fmt.Println("ready")
	select {}
}

// Killing the program ends its workers, the busy ones too.
func TestNoOrphans(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), orphanVariable+"="+python)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var pids []int
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "ready"; {
		pid, err := strconv.Atoi(lines.Text())
		require.NoError(t, err, lines.Text())
		pids = append(pids, pid)
	}
	require.Len(t, pids, 3)
	pids = append(pids, parentOf(t, pids[0]))
	for _, pid := range pids {
		require.True(t, alive(pid))
	}
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	for _, pid := range pids {
		eventually(t, func() bool { return !alive(pid) })
	}
}

// alive reports whether a process is there and no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest != "" && rest[0] != 'Z' && rest[0] != 'X'
}

// parentOf is 0 for a process that is not there.
func parentOf(t *testing.T, pid int) int {
	t.Helper()
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	parent, err := strconv.Atoi(strings.Fields(rest)[1])
	require.NoError(t, err)
	return parent
}

// processes are the workers and the process they come from.
func processes(t *testing.T, p *pool.Pool) (pids []int) {
	t.Helper()
	for _, w := range p.Stats().Workers {
		pids = append(pids, w.PID)
	}
	require.NotEmpty(t, pids)
	return append(pids, parentOf(t, pids[0]))
}

func kill(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) }
