package pool_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

// apart counts how often two short jobs, submitted while a worker is at short work, ran elsewhere.
func apart(t *testing.T, gather time.Duration) (n int) {
	t.Helper()
	_, c := start(t, func(o *pool.Options) { o.Workers, o.Gather = 2, gather })
	pidOf(t, c)
	for range 40 {
		first, err := c.Submit(t.Context(), frame(opSleep, 0, 2, ""))
		require.NoError(t, err)
		one, err := c.Submit(t.Context(), frame(opPID, 0, 0, ""))
		require.NoError(t, err)
		_, pid := answerOf(t, one)
		require.NoError(t, first.Wait(t.Context()))
		if pid != pidOf(t, c) { // the one that slept was busy last, and comes first
			n++
		}
	}
	return n
}

// Short jobs go to the worker that is at work, where that is asked for, and to the idle one where it is not. (On a busy
// machine work takes long at times, and then nothing stays behind it.)
func TestGather(t *testing.T) {
	assert.Greater(t, apart(t, 0), apart(t, 4*time.Millisecond)+10)
}

// What is gathered has a bound: the rest wakes the idle worker.
func TestGatherIsBounded(t *testing.T) {
	_, c := start(t, func(o *pool.Options) { o.Workers, o.Gather = 2, time.Millisecond })
	pids := map[int]bool{}
	for range 20 {
		var jobs []*pool.Job
		for range 16 {
			j, err := c.Submit(t.Context(), frame(opPID, 0, 0, ""))
			require.NoError(t, err)
			jobs = append(jobs, j)
		}
		for _, j := range jobs {
			_, pid := answerOf(t, j)
			pids[pid] = true
		}
	}
	assert.Len(t, pids, 2)
}
