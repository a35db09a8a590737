package pool_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

// Short jobs go to the worker that is at work, where that is asked for, and to the idle one where it is not.
func TestGather(t *testing.T) {
	for _, gather := range []time.Duration{0, 4 * time.Millisecond} {
		_, c := start(t, func(o *pool.Options) { o.Workers, o.Gather = 2, gather })
		pidOf(t, c)
		apart := 0
		for range 20 {
			first, err := c.Submit(t.Context(), frame(opSleep, 0, 3, ""))
			require.NoError(t, err)
			one, err := c.Submit(t.Context(), frame(opPID, 0, 0, ""))
			require.NoError(t, err)
			other, err := c.Submit(t.Context(), frame(opPID, 0, 0, ""))
			require.NoError(t, err)
			_, a := answerOf(t, one)
			_, b := answerOf(t, other)
			require.NoError(t, first.Wait(t.Context()))
			last := pidOf(t, c) // the one that slept was busy last, and comes first
			if a != b || a != last {
				apart++
			}
		}
		if gather == 0 {
			assert.NotZero(t, apart)
		} else {
			assert.Zero(t, apart)
		}
	}
}

// What is gathered has a bound: the rest wakes the idle worker.
func TestGatherIsBounded(t *testing.T) {
	_, c := start(t, func(o *pool.Options) { o.Workers, o.Gather = 2, time.Millisecond })
	pidOf(t, c)
	pids := map[int]bool{}
	_, err := c.Submit(t.Context(), frame(opSleep, 0, 3, ""))
	require.NoError(t, err)
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
	assert.Len(t, pids, 2)
}
