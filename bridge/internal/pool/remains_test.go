package pool_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

// remains is what this process has open, and how many segments of shared memory it has mapped.
func remains(t *testing.T) (files, segments int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	return len(entries), strings.Count(string(maps), "memfd:worker")
}

// However many workers have died, only those that live hold anything. MTOK_SOAK is the number of calls; every tenth kills.
func TestWorkers_nothingRemains(t *testing.T) {
	calls := 100
	if n, err := strconv.Atoi(os.Getenv("MTOK_SOAK")); err == nil {
		calls = n
	}
	p, c := start(t, nil)
	v3 := load(t, c, `{"name":"v3"}`)
	idle := func() (files, segments int) {
		hello(t, c, v3)
		eventually(t, p.Full)
		return remains(t)
	}
	files, segments := idle()
	require.Equal(t, 2, segments)
	for i := range calls {
		if i%10 == 0 {
			_, err := c.Do(t.Context(), frame(opFault, 0, 0, "kill"))
			require.ErrorIs(t, err, pool.ErrWorkerDied)
		}
		want := fmt.Sprint(i)
		r, err := c.Do(t.Context(), frame(opEcho, 0, 0, want))
		require.NoError(t, err)
		require.Equal(t, want, string(r.Body))
	}
	eventually(t, func() bool { // the last of them may not be reaped yet
		filesNow, segmentsNow := idle()
		return segmentsNow == 2 && filesNow <= files
	})
	assert.EqualValues(t, (calls+9)/10, p.Stats().Crashes)
}

// Of all processes of the host the kernel takes a worker first when memory runs out, and that is the end of one call.
func TestWorkers_oomScore(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	worker := pidOf(t, c)
	score, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", worker))
	require.NoError(t, err)
	assert.Equal(t, "500", strings.TrimSpace(string(score)))
	for _, pid := range processes(t, p)[1:] {
		score, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid))
		require.NoError(t, err)
		assert.NotEqual(t, "500", strings.TrimSpace(string(score)))
	}
}
