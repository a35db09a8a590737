package executor

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
)

// Every test here runs on a fake clock, which does not advance while somebody polls: no spinning.

func TestExecutor_cancelQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		e := open(t, g.call, Options{Queue: 1, Spin: noSpin})
		first := mustSubmit(t, e, context.Background(), 1)
		require.EqualValues(t, 1, <-g.entered)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		second := mustSubmit(t, e, ctx, 2)
		<-second.Done()
		require.Equal(t, time.Second, time.Since(start))
		_, err := second.Reply()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.False(t, isDone(first))
		third := mustSubmit(t, e, context.Background(), 3) // the queue holds one: its place is free again
		g.leave <- struct{}{}
		require.EqualValues(t, 3, <-g.entered, "the cancelled job must not run")
		g.leave <- struct{}{}
		require.NoError(t, third.Wait(context.Background()))
		s := e.Stats()
		require.EqualValues(t, 1, s.Cancelled)
		require.Zero(t, s.Dropped)
		shut(t, e)
		balanced(t, e.Stats())
	})
}

func TestExecutor_cancelRunning(t *testing.T) {
	for _, how := range []string{"Submit", "Do"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate()
				e := open(t, g.call, Options{Spin: noSpin})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				outcome := make(chan error, 1)
				start := time.Now()
				go func() {
					if how == "Do" {
						_, err := e.Do(ctx, frame(1))
						outcome <- err
						return
					}
					j, err := e.Submit(ctx, frame(1))
					if err == nil {
						<-j.Done()
						_, err = j.Reply()
					}
					outcome <- err
				}()
				<-g.entered
				require.ErrorIs(t, <-outcome, context.DeadlineExceeded)
				require.Equal(t, time.Second, time.Since(start))
				require.EqualValues(t, 1, e.Stats().InFlight, "the engine is still at it")
				require.Zero(t, e.Stats().Dropped)
				g.leave <- struct{}{}
				require.NoError(t, e.Drain(context.Background()))
				require.EqualValues(t, 1, e.Stats().Dropped)

				go func() { <-g.entered; g.leave <- struct{}{} }()
				reply, err := e.Do(context.Background(), frame(2)) // the late result must not reach anybody else
				require.NoError(t, err)
				require.EqualValues(t, 2, number(reply.Body))
				shut(t, e)
				balanced(t, e.Stats())
			})
		})
	}
}

func TestExecutor_endedContext(t *testing.T) {
	e := open(t, echo, Options{Spin: noSpin})
	defer shut(t, e)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := e.Submit(ctx, frame(1))
	require.ErrorIs(t, err, context.Canceled)
	_, err = e.Do(ctx, frame(1))
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, e.Stats().Submitted)
}

// A context may end between the check and the queue: then its cancellation has looked for the job already.
func TestExecutor_contextEndsBeforeLink(t *testing.T) {
	e := open(t, echo, Options{Spin: noSpin})
	defer shut(t, e)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	j := &Job{executor: e, frame: frame(1), ctx: ctx}
	j.expired()
	_, err := e.enqueue(ctx, j, job.AsConfigured)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, e.Drain(context.Background()), "its place is free again")
	s := e.Stats()
	require.Zero(t, s.Submitted)
	require.Zero(t, s.Cancelled)
}

func TestJob_Wait_context(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		e := open(t, g.call, Options{Spin: noSpin})
		j := mustSubmit(t, e, context.Background(), 1)
		<-g.entered
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, j.Wait(ctx), context.DeadlineExceeded)
		require.False(t, isDone(j), "the job continues")
		g.leave <- struct{}{}
		require.NoError(t, j.Wait(context.Background()))
		_, err := j.Reply()
		require.NoError(t, err)
		shut(t, e)
	})
}

func TestExecutor_fullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		e := open(t, g.call, Options{Queue: 1, Spin: noSpin})
		running := mustSubmit(t, e, context.Background(), 1)
		<-g.entered
		require.NoError(t, e.Admit())
		waiting := mustSubmit(t, e, context.Background(), 2)
		_, err := e.Submit(context.Background(), frame(3))
		require.ErrorIs(t, err, job.ErrOverloaded)
		_, err = e.Do(context.Background(), frame(3))
		require.ErrorIs(t, err, job.ErrOverloaded)
		require.ErrorIs(t, e.Admit(), job.ErrOverloaded)
		require.EqualValues(t, 3, e.Stats().Overloaded)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err = e.Submit(ctx, frame(4), WaitWhenFull)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))

		got := make(chan *Job, 1)
		go func() {
			j, err := e.Submit(context.Background(), frame(5), WaitWhenFull)
			require.NoError(t, err)
			got <- j
		}()
		synctest.Wait()
		require.Empty(t, got)
		g.leave <- struct{}{}
		require.EqualValues(t, 2, <-g.entered)
		late := <-got // the place of job 2
		_, err = e.Submit(context.Background(), frame(6))
		require.ErrorIs(t, err, job.ErrOverloaded)
		g.leave <- struct{}{}
		require.EqualValues(t, 5, <-g.entered)
		g.leave <- struct{}{}
		for _, j := range []*Job{running, waiting, late} {
			require.NoError(t, j.Wait(context.Background()))
		}
		shut(t, e)
		balanced(t, e.Stats())
	})
}

// watchedContext counts who watches it; context.AfterFunc uses its AfterFunc method.
type watchedContext struct {
	context.Context
	done    chan struct{}
	watches atomic.Int32
}

func (c *watchedContext) Done() <-chan struct{} { return c.done }
func (c *watchedContext) Value(any) any         { return nil }
func (c *watchedContext) AfterFunc(func()) func() bool {
	c.watches.Add(1)
	return func() bool { c.watches.Add(-1); return true }
}

func TestExecutor_contextReleased(t *testing.T) {
	g := newGate()
	e := open(t, g.call, Options{Queue: 1, Spin: noSpin})
	ctx := &watchedContext{Context: context.Background(), done: make(chan struct{})}
	mustSubmit(t, e, ctx, 1)
	<-g.entered
	mustSubmit(t, e, ctx, 2)
	require.EqualValues(t, 2, ctx.watches.Load())
	_, err := e.Submit(ctx, frame(3))
	require.ErrorIs(t, err, job.ErrOverloaded)
	require.EqualValues(t, 2, ctx.watches.Load(), "a refused one leaves nothing")
	g.leave <- struct{}{}
	<-g.entered
	require.EqualValues(t, 1, ctx.watches.Load(), "the first is over")
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	require.Error(t, e.Close(ended))
	require.Zero(t, ctx.watches.Load(), "given up by Close")
	g.leave <- struct{}{}
	shut(t, e)
}
