package bulk

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

// What a run counts as its work is what it commits, shards that a retry takes over too; what others have committed is not its work.
func TestProgress_work(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	out := t.TempDir()
	progress := NewProgress(p, Part{})
	states := map[string]State{}
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 1, Limit: anyRejects, Progress: progress, At: func(point string) { states[point] = progress.State() }}))
	st, err := ReadStatus(at(t, out))
	require.NoError(t, err)
	work := progress.Work()
	blank := st.Counts
	blank.Blank = 0 // they are known at the end of a shard
	assert.Equal(t, blank, work.Counts)
	assert.Equal(t, st.Rejected, work.Rejected)
	assert.Equal(t, int64(len(p.Shards)), work.Shards)
	assert.Positive(t, work.Encode)
	assert.Positive(t, work.Commit)
	assert.Greater(t, work.Took, work.Commit)
	begun, end := states["written "+shardBase(1)+".bin"], states["written "+ManifestName]
	assert.Equal(t, [3]int{1, 1, 0}, [3]int{begun.Done, begun.Running, begun.Failed})
	assert.Equal(t, [3]int{len(p.Shards), 0, 0}, [3]int{end.Done, end.Running, end.Failed})
	assert.Equal(t, p.Bytes(), end.Committed)

	again := NewProgress(p, Part{})
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 1, Limit: anyRejects, Progress: again}))
	assert.Equal(t, Work{Rejected: map[Class]int64{}}, again.Work())
	assert.Equal(t, p.Bytes(), again.State().Committed)

	e, retried := earlier(t, plan.Options{})
	out = t.TempDir()
	retry := NewProgress(retried, Part{})
	require.NoError(t, runIn(t.Context(), out, retried, Config{Parallel: 1, Limit: anyRejects, Progress: retry, Earlier: e}))
	st, err = ReadStatus(at(t, out))
	require.NoError(t, err)
	work, blank = retry.Work(), st.Counts
	blank.Blank = 0
	assert.Equal(t, blank, work.Counts, "shards that are taken over are counted, too")
	assert.Equal(t, st.Rejected, work.Rejected)
	assert.Equal(t, int64(len(retried.Shards)), work.Shards)

	require.NoError(t, os.WriteFile(p.Inputs[1].Path, []byte(strings.Repeat("x", 24)), 0o600))
	failed := NewProgress(p, Part{})
	require.Error(t, runIn(t.Context(), t.TempDir(), p, Config{Limit: anyRejects, Progress: failed}))
	assert.Equal(t, 1, failed.State().Failed)
	assert.Equal(t, 0, failed.State().Running)
}
