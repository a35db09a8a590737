package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// killVariable names a point at which mtok bulk kills itself; it is read by the tests' own program.
const killVariable = "TEST_BULK_KILL"

func killAtPoint() {
	if where := os.Getenv(killVariable); where != "" {
		atPoint = func(point string) {
			if point == where {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
	}
}

// The command as a user has it, killed at three points and gone on with by another number of
// workers each time, comes to the digest of a run that nobody disturbs.
func TestBulkKilled(t *testing.T) {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "MTOK_CACHE=" + cacheDir(t)}
	dir := t.TempDir()
	var text strings.Builder
	for i := range 600 {
		fmt.Fprintf(&text, "{\"text\": \"Document %d: %s\"}\n", i, strings.Repeat("naïve façade, ", i%40))
	}
	corpus := filepath.Join(dir, "corpus.jsonl")
	require.NoError(t, os.WriteFile(corpus, []byte(text.String()), 0o600))
	args := func(out, workers string) []string {
		return []string{"bulk", "run", corpus, "--json", "--shard-bytes", "30KiB", "--out", filepath.Join(dir, out), "--workers", workers}
	}
	want, code := mtok(t, env, "", args("whole", "2")...)
	require.Equal(t, exitOK, code, want)
	for i, point := range []string{"synced plan.json", "linked shards/00000002.bin", "settled commits/00000004.json"} {
		cmd := exec.Command("mtok", args("killed", fmt.Sprint(1+i))...)
		cmd.Env = append(env, killVariable+"="+point)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, "%s", out)
		require.Equal(t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal(), "%s", out)
	}
	got, code := mtok(t, env, "", args("killed", "1")...)
	require.Equal(t, exitOK, code, got)
	assert.Equal(t, want, got)
	for _, name := range []string{"plan.json", "manifest.json", "shards/00000002.bin", "shards/00000002.idx"} {
		a, err := os.ReadFile(filepath.Join(dir, "whole", name))
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(dir, "killed", name))
		require.NoError(t, err)
		assert.Equal(t, string(a), string(b), name)
	}
}
