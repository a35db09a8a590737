package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	// killVariable names a point at which mtok bulk kills itself, or says at which of all; it is
	// read by the tests' own program.
	killVariable = "TEST_BULK_KILL"
	// roundsVariable is how many random kills make bulk-chaos wants.
	roundsVariable = "TEST_BULK_ROUNDS"
	// holdVariable names a point at which mtok bulk waits for the end of its input.
	holdVariable = "TEST_BULK_HOLD"
)

func killAtPoint() {
	if held := os.Getenv(holdVariable); held != "" {
		atPoint = func(point string) {
			if point == held {
				_, _ = fmt.Fprintln(os.Stderr, "held")
				_, _ = io.Copy(io.Discard, os.Stdin)
			}
		}
	}
	where := os.Getenv(killVariable)
	if where == "" {
		return
	}
	n, _ := strconv.ParseInt(where, 10, 64)
	var passed atomic.Int64
	atPoint = func(point string) {
		if point == where || passed.Add(1) == n {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}

// bulkRun is the command as a user has it, on a corpus of a few shards.
type bulkRun struct{ dir, corpus string }

func newBulkCorpus(t *testing.T) bulkRun {
	dir := t.TempDir()
	var text strings.Builder
	for i := range 600 {
		fmt.Fprintf(&text, "{\"text\": \"Document %d: %s\"}\n", i, strings.Repeat("naïve façade, ", i%40))
	}
	text.WriteString("bad\n")
	corpus := filepath.Join(dir, "corpus.jsonl")
	require.NoError(t, os.WriteFile(corpus, []byte(text.String()), 0o600))
	return bulkRun{dir, corpus}
}

// run runs it, killed at a point or not, and returns what it printed.
func (b bulkRun) run(t *testing.T, out, kill string, workers int, flags ...string) (printed string, killed bool) {
	args := append([]string{"bulk", "run", b.corpus, "--json", "--shard-bytes", "30KiB", "--out", filepath.Join(b.dir, out), "--workers", strconv.Itoa(workers)}, flags...)
	cmd := exec.Command("mtok", args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "MTOK_CACHE=" + cacheDir(t), killVariable + "=" + kill}
	text, err := cmd.CombinedOutput()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		require.Equal(t, syscall.SIGKILL, status.Signal(), "%s", text)
		return string(text), true
	}
	require.NoError(t, err, "%s", text)
	return string(text), false
}

// newChatCorpus is one of chats.
func newChatCorpus(t *testing.T) bulkRun {
	dir := t.TempDir()
	var text strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, `{"messages": [{"role": "user", "content": "Question %d: %s"}, {"role": "assistant", "content": "%s"}]}`+"\n",
			i, strings.Repeat("naïve façade? ", i%20), strings.Repeat("So it is. ", 1+i%9))
	}
	text.WriteString("{\"messages\": []}\n")
	corpus := filepath.Join(dir, "chats.jsonl")
	require.NoError(t, os.WriteFile(corpus, []byte(text.String()), 0o600))
	return bulkRun{dir, corpus}
}

// same compares all files of two outputs.
func (b bulkRun) same(t *testing.T, want, got string) {
	files := func(out string) (names []string) {
		root := filepath.Join(b.dir, out)
		require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				names = append(names, strings.TrimPrefix(path, root))
			}
			return err
		}))
		return names
	}
	names := files(want)
	assert.Equal(t, names, files(got), "nothing is left over")
	for _, name := range names {
		x, err := os.ReadFile(filepath.Join(b.dir, want, name))
		require.NoError(t, err)
		y, err := os.ReadFile(filepath.Join(b.dir, got, name))
		require.NoError(t, err)
		assert.Equal(t, string(x), string(y), name)
	}
}

// Killed at three points and resumed with another number of workers each time, it makes
// the bytes of a run without interruption.
func TestBulk_killed(t *testing.T) {
	b := newBulkCorpus(t)
	want, _ := b.run(t, "whole", "", 2)
	for i, point := range []string{"synced plan.json", "linked shards/00000002.bin", "settled commits/00000004.json"} {
		text, killed := b.run(t, "killed", point, 1+i)
		require.True(t, killed, "%s: %s", point, text)
	}
	got, _ := b.run(t, "killed", "", 1)
	assert.Equal(t, want, got)
	b.same(t, "whole", "killed")
	rounds, _ := strconv.Atoi(os.Getenv(roundsVariable))
	done, kills := 0, 0
	for range rounds {
		out := fmt.Sprint("chaos", done)
		text, killed := b.run(t, out, fmt.Sprint(1+rand.IntN(60)), 1+rand.IntN(3))
		if killed {
			kills++
			continue
		}
		done++
		assert.Equal(t, want, text)
		b.same(t, "whole", out)
	}
	t.Logf("%d random kills, %d runs that came to their end", kills, done)
}

// So it is in every other format, killed between two files of a shard, or behind its only one.
func TestBulkKilled_formats(t *testing.T) {
	b := newBulkCorpus(t)
	for name, point := range map[string]string{
		"datatrove": "linked shards/00000001.ds.index", "parquet": "linked shards/00000001.parquet", "mds": "linked shards/00000001/shard.00000.mds",
	} {
		t.Run(name, func(t *testing.T) {
			want, _ := b.run(t, name, "", 2, "--format", name)
			text, killed := b.run(t, name+"-killed", point, 2, "--format", name)
			require.True(t, killed, text)
			got, _ := b.run(t, name+"-killed", "", 1, "--format", name)
			assert.Equal(t, want, got)
			b.same(t, name, name+"-killed")
		})
	}
}

// So it is of chats, killed before and behind their loss masks, with one worker and two.
func TestBulkKilled_chats(t *testing.T) {
	b := newChatCorpus(t)
	want, _ := b.run(t, "whole", "", 2, "--type", "chat")
	for i, point := range []string{"linked shards/00000000.bin", "linked shards/00000001.loss"} {
		text, killed := b.run(t, "killed", point, 1+i, "--type", "chat")
		require.True(t, killed, "%s: %s", point, text)
	}
	got, _ := b.run(t, "killed", "", 1, "--type", "chat")
	assert.Equal(t, want, got)
	b.same(t, "whole", "killed")
}
