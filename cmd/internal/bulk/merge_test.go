package bulk

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

// Shards that are merged are the same bytes as a run with one shard makes.
func TestMerge(t *testing.T) {
	files := corpus()
	files["empty.jsonl"], files["z.jsonl"] = "{\"text\": \"\"}\n{\"text\": \"\"}\n", "{\"text\": \"\"}\n{\"text\": \"z\"}\nbad\n"
	one := whole(t, made(t, files, plan.Options{ShardBytes: 1 << 20}))
	for _, size := range []int64{30, 200, 1 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			out, to := t.TempDir(), filepath.Join(t.TempDir(), "x")
			p := made(t, files, plan.Options{ShardBytes: size})
			require.ErrorContains(t, merged(t, out, p, to, Limit{}), "is not complete")
			require.NoError(t, merged(t, out, p, to, anyRejects))
			got := tree(t, filepath.Dir(to))
			assert.Equal(t, map[string]string{"x.bin": one[filepath.FromSlash(shardBase(0)+".bin")], "x.idx": one[filepath.FromSlash(shardBase(0)+".idx")]}, got, "%d", size)
			assert.NoDirExists(t, filepath.Join(filepath.Dir(to), "tmp"))
			require.ErrorIs(t, Merge(at(t, out), to), ErrThere)
			require.NoError(t, os.Remove(to+".bin"))
			require.ErrorIs(t, Merge(at(t, out), to), ErrThere)
		})
	}
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, made(t, corpus(), plan.Options{}), Config{Limit: anyRejects}))
	require.NoError(t, os.Truncate(filepath.Join(out, shardBase(1)+".bin"), 3))
	to := filepath.Join(t.TempDir(), "x")
	require.ErrorContains(t, Merge(at(t, out), to), "has 3 bytes and was committed with")
	assert.Empty(t, tree(t, filepath.Dir(to)))
}

// merged runs and merges.
func merged(t *testing.T, out string, p *plan.Plan, to string, limit Limit) error {
	if err := runIn(t.Context(), out, p, Config{Parallel: 2, Limit: limit}); err != nil {
		assert.IsType(t, &LimitError{}, err)
	}
	return Merge(at(t, out), to)
}
