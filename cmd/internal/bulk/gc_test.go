package bulk

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

func collect(t *testing.T, root string, remove bool) *Collected {
	t.Helper()
	c, err := CollectGarbage(GarbageConfig{Dir: at(t, root), Remove: remove})
	require.NoError(t, err)
	return c
}

func lay(t *testing.T, root string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("left"), 0o600))
	}
}

// What no commit names is garbage, and nothing else is.
func TestGarbage(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects}))
	want := tree(t, out)
	assert.Empty(t, collect(t, out, true).Garbage)
	assert.Equal(t, want, tree(t, out))

	theirs := []string{"README", "merged.bin", "shards/notes", "shards/index.json", "shards/99999999.bin", "rejects/x.zst", "conflicts/mine", "tmp/cache/x", "commits/y"}
	lay(t, out, theirs...)
	kept := tree(t, out)
	lay(t, out, "tmp/0123456789abcdef/1-x", "tmp/0123456789abcdef.lock", "shards/00000000.ds", "rejects/00000001.jsonl.zst", "shards/00000003/shard.00000.mds", "conflicts/0123456789abcdef-3-00000000.bin")
	require.NoError(t, os.Remove(filepath.Join(out, commitName(2))))
	delete(kept, commitName(2))
	garbage := map[string]Why{
		"tmp/0123456789abcdef/1-x": Temporary, "shards/00000000.ds": Unnamed, "rejects/00000001.jsonl.zst": Unnamed, "shards/00000003/shard.00000.mds": Unnamed,
		"conflicts/0123456789abcdef-3-00000000.bin": Conflict, "shards/00000002.bin": Uncommitted, "shards/00000002.idx": Uncommitted, "rejects/00000002.jsonl.zst": Uncommitted,
	}
	before := tree(t, out)
	for _, remove := range []bool{false, true} {
		c := collect(t, out, remove)
		found := map[string]Why{}
		for _, g := range c.Garbage {
			found[g.Name] = g.Why
		}
		assert.Equal(t, garbage, found)
		assert.Empty(t, c.Kept)
		assert.Equal(t, remove, c.Removed)
		if !remove {
			assert.Equal(t, before, tree(t, out), "nothing is removed unless it is asked for")
		}
	}
	for name := range garbage {
		delete(kept, name)
	}
	assert.Equal(t, kept, tree(t, out))
	assert.Empty(t, collect(t, out, true).Garbage)

	// A conflict is kept for a comparison until everything is committed.
	require.NoError(t, os.Remove(filepath.Join(out, ManifestName)))
	lay(t, out, "conflicts/0123456789abcdef-3-00000000.bin")
	assert.Empty(t, collect(t, out, true).Garbage)
}

// After a run that was killed at any point only what is committed is left, and the run is resumed.
func TestGarbage_killedRuns(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	want, file := whole(t, p), saved(t, p)
	points, _, _ := child{Dir: t.TempDir(), Plan: file, Parallel: 1}.start(t)
	for kill := 5; kill <= len(points); kill += 3 {
		out := t.TempDir()
		_, _, state := child{Dir: out, Plan: file, Parallel: 2, Kill: int64(kill)}.start(t)
		require.Equal(t, syscall.SIGKILL, state.Sys().(syscall.WaitStatus).Signal(), "%d", kill)
		collect(t, out, true)
		named := map[string]bool{plan.Name: true, ManifestName: true}
		for n := range p.Shards {
			if c, err := readCommit(at(t, out), p.ID(), n); err == nil {
				named[commitName(n)] = true
				for _, f := range c.Files {
					named[f.Name] = true
				}
			}
		}
		for name := range tree(t, out) {
			assert.True(t, named[name], "%s, killed at %d", name, kill)
		}
		require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects}))
		require.Equal(t, want, tree(t, out), "killed at %d", kill)
	}
}

// At each point of a run that is under way it removes nothing that the run needs.
func TestGarbage_besideRun(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	want, out := whole(t, p), t.TempDir()
	kept := 0
	var mu sync.Mutex
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects, At: func(point string) {
		if strings.HasSuffix(point, plan.Name) {
			return // it is being made
		}
		mu.Lock()
		defer mu.Unlock()
		c := collect(t, out, true)
		assert.Empty(t, c.Garbage, point)
		kept += len(c.Kept)
	}}))
	assert.Positive(t, kept)
	assert.Equal(t, want, tree(t, out))
	assert.Empty(t, collect(t, out, true).Garbage)
}

// Killed at any removal, and two at once: the next one removes the rest.
func TestGarbage_killed(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	want, file := whole(t, p), saved(t, p)
	spoil := func() string {
		out := t.TempDir()
		require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects}))
		require.NoError(t, os.Remove(filepath.Join(out, ManifestName)))
		require.NoError(t, os.Remove(filepath.Join(out, commitName(1))))
		lay(t, out, "shards/00000000.ds", "rejects/00000001.jsonl.zst", "shards/00000003.x")
		return out
	}
	all := len(collect(t, spoil(), false).Garbage)
	require.Equal(t, 5, all)
	for kill := 1; kill <= all; kill++ {
		out := spoil()
		points, _, _ := child{Dir: out, Plan: file, Collect: true, Kill: int64(kill)}.start(t)
		assert.Len(t, points, kill-1)
		assert.Len(t, collect(t, out, true).Garbage, all-kill)
		require.NoError(t, runIn(t.Context(), out, p, Config{Limit: anyRejects}))
		require.Equal(t, want, tree(t, out))
	}
	out := spoil()
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			_, stderr, state := child{Dir: out, Plan: file, Collect: true}.start(t)
			assert.True(t, state.Success(), stderr)
		})
	}
	assert.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects}))
	group.Wait()
	collect(t, out, true)
	assert.Equal(t, want, tree(t, out))
}
