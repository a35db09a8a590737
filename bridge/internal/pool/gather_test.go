package pool_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

// Short jobs go to the worker that is at work, where that is asked for, and to the idle one where it is not.
func TestGather(t *testing.T) {
	for name, gather := range map[string]time.Duration{"none": 0, "4 ms": 4 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			p, c := start(t, func(o *pool.Options) { o.Workers, o.Gather = 2, gather; o.Stop() })
			full(t, p, c)
			for range 5 {
				first := pidOf(t, c) // was busy last, and comes first
				g, _ := hold(t, c)
				one, err := c.Submit(t.Context(), frame(opPID, 0, 0, ""))
				require.NoError(t, err)
				if gather == 0 {
					_, pid := answerOf(t, one) // while the other one is held
					assert.NotEqual(t, first, pid)
				}
				g.open()
				_, pid := answerOf(t, one)
				assert.Equal(t, gather > 0, pid == first)
				eventually(t, p.Full)
			}
		})
	}
}

// What is gathered has a bound: the rest wakes the idle worker.
func TestGather_bound(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers, o.Gather = 2, time.Millisecond; o.Stop() })
	full(t, p, c)
	first := pidOf(t, c)
	g, _ := hold(t, c)
	var frames []job.Job
	for range 12 {
		frames = append(frames, frame(opPID, 0, 0, ""))
	}
	jobs := submit(t, c, frames...)
	_, other := answerOf(t, jobs[11]) // while the first worker is held
	assert.NotEqual(t, first, other)
	g.open()
	behind := 0
	for _, j := range jobs {
		if _, pid := answerOf(t, j); pid == first {
			behind++
		}
	}
	assert.Equal(t, 8, behind, "a tenth of a millisecond each, and for the one that is held")
}
