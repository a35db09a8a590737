//go:build slurm

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cluster is Slurm on this machine, with ports, keys and files of its own. It needs root, and
// Debian's slurm-wlm and munge.
type cluster struct{ dir string }

func newCluster(t *testing.T) cluster {
	require.Zero(t, os.Geteuid(), "slurmd is for root")
	dir, err := os.MkdirTemp("/tmp", "slurm") // a socket's path is short
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // munged wants to be found
	host, err := os.Hostname()
	require.NoError(t, err)
	host, _, _ = strings.Cut(host, ".")
	for _, name := range []string{"state", "spool"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
	}
	key := make([]byte, 1024)
	_, _ = rand.Read(key)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "munge.key"), key, 0o600))
	conf := fmt.Sprintf(`ClusterName=test
SlurmctldHost=%[2]s(127.0.0.1)
SlurmUser=root
SlurmctldPort=%[3]s
SlurmdPort=%[4]s
AuthType=auth/munge
AuthInfo=socket=%[1]s/munge.socket
CryptoType=crypto/munge
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName=%[2]s NodeAddr=127.0.0.1 CPUs=%[5]d State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`, dir, host, unusedPort(t), unusedPort(t), runtime.NumCPU())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "slurm.conf"), []byte(conf), 0o600))
	t.Setenv("SLURM_CONF", filepath.Join(dir, "slurm.conf"))

	c := cluster{dir}
	in := func(name string) string { return filepath.Join(dir, name) }
	c.daemon(t, "munged", "--foreground", "--force", "--key-file="+in("munge.key"), "--socket="+in("munge.socket"),
		"--pid-file="+in("munged.pid"), "--log-file="+in("munged.log"), "--seed-file="+in("munged.seed"))
	c.until(t, "munge", "--no-input", "--socket="+in("munge.socket"))
	c.daemon(t, "slurmctld", "-D")
	c.until(t, "sinfo")
	c.daemon(t, "slurmd", "-D")
	require.Eventually(t, func() bool {
		out, _ := exec.Command("sinfo", "--noheader", "--format=%T").Output()
		return strings.TrimSpace(string(out)) == "idle"
	}, time.Minute, 100*time.Millisecond, "no node came up")
	return c
}

func (c cluster) daemon(t *testing.T, name string, args ...string) {
	log, err := os.Create(filepath.Join(c.dir, name+".out"))
	require.NoError(t, err)
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		_ = log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s: %s", name, text)
		}
	})
}

// until waits for a daemon by a program that needs it.
func (c cluster) until(t *testing.T, name string, args ...string) {
	require.Eventually(t, func() bool { return exec.Command(name, args...).Run() == nil }, time.Minute, 100*time.Millisecond, name)
}

// array submits a script as an array and waits for its end; it returns what each task printed.
func (c cluster) array(t *testing.T, tasks, script string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sbatch", "--wait", "--array="+tasks, "--chdir="+c.dir, "--output="+filepath.Join(c.dir, "task-%a"), "--wrap", script)
	out, err := cmd.CombinedOutput()
	files, globErr := filepath.Glob(filepath.Join(c.dir, "task-*"))
	require.NoError(t, globErr)
	for _, file := range files {
		text, readErr := os.ReadFile(file)
		require.NoError(t, readErr)
		out = append(out, text...)
	}
	return string(out), err
}

func unusedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

// An array of Slurm makes what one run makes; a task that was killed is made again by itself.
func TestBulk_slurmArray(t *testing.T) {
	b := newBulkCorpus(t)
	want, _ := b.run(t, "whole", "", 2)
	c := newCluster(t)
	t.Setenv("MTOK_CACHE", cacheDir(t))
	out := filepath.Join(b.dir, "array")
	plan := exec.Command("mtok", "bulk", "plan", b.corpus, "--shard-bytes", "30KiB", "--out", out)
	text, err := plan.CombinedOutput()
	require.NoError(t, err, "%s", text)

	work := "mtok bulk work --json --workers 1 --out " + out
	printed, err := c.array(t, "0-2%2", `[ $SLURM_ARRAY_TASK_ID = 1 ] && export `+killVariable+`="linked shards/00000001.bin"; `+work)
	require.Error(t, err, "one of them was killed: %s", printed)
	assert.NoFileExists(t, filepath.Join(out, "manifest.json"), printed)
	printed, err = c.array(t, "1", work)
	require.Error(t, err, "an array that is not whole does not say of how many it is a part")
	assert.Contains(t, printed, "1 tasks from 1 to 1, and not all from 0 on")
	printed, err = c.array(t, "1", work+" --count 3")
	require.NoError(t, err, printed)
	assert.Contains(t, printed, want)
	b.same(t, "whole", "array")
}
