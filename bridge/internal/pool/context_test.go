package pool_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

func errorAs(err error, target **pool.WorkerError) bool { return errors.As(err, target) }

// A call that is given up inside a native loop returns, and its worker is replaced.
func TestDo_deadline(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	v3 := load(t, c, `{"name":"v3"}`)
	hello(t, c, v3)
	for range 5 {
		ctx := newDeadline(t)
		j, err := c.Submit(ctx, frame(opFault, 0, 0, "native"))
		require.NoError(t, err)
		eventually(t, func() bool { return p.RunningJobs() == 1 })
		ctx.pass()
		<-j.Done()
		_, err = j.Reply()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		hello(t, c, v3)
	}
	s := p.Stats()
	assert.EqualValues(t, 5, s.Killed)
	assert.EqualValues(t, 5, s.Cancelled)
	assert.EqualValues(t, 5, s.Dropped)
	assert.Zero(t, s.Crashes)
}

// Do does not wait for a worker that does not come back.
func TestDo_context(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Stop() })
	ctx := newDeadline(t)
	go func() {
		for p.RunningJobs() == 0 {
			runtime.Gosched()
		}
		ctx.pass()
	}()
	_, err := c.Do(ctx, frame(opFault, 0, 0, "native")) // the grace never ends: that it returns is what is tested
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Zero(t, p.Stats().Killed)
}

// Who is nearly done when its caller goes is not killed for it.
func TestGrace(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Stop() })
	worker := pidOf(t, c)
	g, ctx := newGate(t), newDeadline(t)
	j, err := c.Submit(ctx, g.frame(0))
	require.NoError(t, err)
	g.begun()
	ctx.pass()
	<-j.Done()
	_, err = j.Reply()
	require.ErrorIs(t, err, context.DeadlineExceeded)
	g.open()
	assert.Equal(t, worker, pidOf(t, c))
	assert.Zero(t, p.Stats().Killed)
}

func TestDo_expired(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	g, busy := hold(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	waiting, err := c.Submit(ctx, frame(opFault, 0, 0, "kill"))
	require.NoError(t, err)
	_, err = waiting.Reply()
	require.ErrorIs(t, err, job.ErrPending)
	cancel()
	<-waiting.Done()
	_, err = waiting.Reply()
	require.ErrorIs(t, err, context.Canceled)
	g.open()
	require.NoError(t, busy.Wait(t.Context()))
	_, err = busy.Reply()
	require.NoError(t, err)
	s := p.Stats()
	assert.Zero(t, s.Crashes)
	assert.Zero(t, s.Dropped)
	assert.Zero(t, s.Depth)
}

func TestDo_fullQueue(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Queue = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := c.Submit(ctx, newGate(t).frame(0))
	require.NoError(t, err)
	eventually(t, func() bool { return p.Stats().Running == 1 })
	require.NoError(t, p.Admit())
	_, err = c.Submit(ctx, frame(opSleep, 0, 0, ""))
	require.NoError(t, err)
	_, err = c.Submit(ctx, frame(opSleep, 0, 0, ""))
	require.ErrorIs(t, err, job.ErrOverloaded)
	require.ErrorIs(t, p.Admit(), job.ErrOverloaded)
	short := newDeadline(t)
	time.AfterFunc(10*time.Millisecond, short.pass)
	_, err = c.Submit(short, job.Job{Frame: frame(opSleep, 0, 0, "").Frame, Full: job.Wait})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	cancel()
	_, err = c.Do(t.Context(), job.Job{Frame: frame(opSleep, 0, 0, "").Frame, Full: job.Wait})
	require.NoError(t, err)
	s := p.Stats()
	require.NoError(t, p.Admit())
	assert.EqualValues(t, 2, s.Overloaded)
	assert.Equal(t, s.Submitted, s.Completed+s.Failed+s.Cancelled)
}

// One worker is kept for what is small, and small ones overtake large ones in the queue.
func TestFairness_small(t *testing.T) {
	p, c := start(t, nil)
	full(t, p, c)
	var gates []*gate
	var all []job.Pending
	for range 3 {
		g := newGate(t)
		j, err := c.Submit(t.Context(), g.frame(300<<10))
		require.NoError(t, err)
		gates, all = append(gates, g), append(all, j)
	}
	for i, g := range gates {
		g.begun()
		for range 20 {
			_, err := c.Do(t.Context(), frame(opEcho, 0, 0, "small"))
			require.NoError(t, err)
			require.Equal(t, 1, p.RunningJobs(), "the large ones run one after the other")
		}
		g.open()
		require.NoError(t, all[i].Wait(t.Context()))
	}
}

// Under small ones without end a large one has its turn all the same.
func TestFairness_large(t *testing.T) {
	_, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				_, _ = c.Do(t.Context(), frame(opSleep, 0, 1, ""))
			}
		})
	}
	_, err := c.Do(t.Context(), frame(opEcho, 0, 0, strings.Repeat("x", 1<<20)))
	require.NoError(t, err)
	cancel()
	wg.Wait()
}
