package executor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
)

func TestExecutor_Close_runsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		e := open(t, g.call, Options{Queue: 1, Spin: noSpin})
		first := mustSubmit(t, e, context.Background(), 1)
		<-g.entered
		second := mustSubmit(t, e, context.Background(), 2)
		refused := make(chan error, 1)
		go func() { _, err := e.Submit(context.Background(), frame(3), WaitWhenFull); refused <- err }()
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- e.Close(context.Background()) }()
		require.ErrorIs(t, <-refused, job.ErrClosed, "a submission that waits for a place is refused")
		_, err := e.Submit(context.Background(), frame(4))
		require.ErrorIs(t, err, job.ErrClosed)
		g.leave <- struct{}{}
		require.EqualValues(t, 2, <-g.entered)
		synctest.Wait()
		require.Empty(t, closed)
		g.leave <- struct{}{}
		require.NoError(t, <-closed)
		for _, j := range []*Job{first, second} {
			_, err := j.Reply()
			require.NoError(t, err)
		}
		shut(t, e) // again
		require.NoError(t, e.Drain(context.Background()))
	})
}

func TestExecutor_Close_stuckEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		e := open(t, g.call, Options{Spin: noSpin})
		stuck := make(chan error, 1)
		go func() { _, err := e.Do(context.Background(), frame(1)); stuck <- err }()
		<-g.entered
		left := []*Job{mustSubmit(t, e, context.Background(), 2), mustSubmit(t, e, t.Context(), 3)}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := e.Close(ctx)
		require.Equal(t, time.Second, time.Since(start))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		var ce *job.CloseError
		require.ErrorAs(t, err, &ce)
		require.Equal(t, 1, ce.Running)
		require.Equal(t, 2, ce.Left)
		require.ErrorIs(t, <-stuck, job.ErrClosed)
		for _, j := range left {
			require.True(t, isDone(j))
			_, err := j.Reply()
			require.ErrorIs(t, err, job.ErrClosed)
		}
		require.True(t, errors.As(e.Close(ctx), &ce))
		require.Equal(t, job.CloseError{Running: 1, Err: context.DeadlineExceeded}, *ce, "the second time nothing is left")
		require.ErrorIs(t, e.Drain(ctx), context.DeadlineExceeded)

		g.leave <- struct{}{} // the engine returns after all
		shut(t, e)
		s := e.Stats()
		balanced(t, s)
		require.EqualValues(t, 3, s.Failed)
		require.EqualValues(t, 1, s.Dropped)
	})
}

func TestExecutor_Drain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		e := open(t, g.call, Options{Spin: noSpin})
		require.NoError(t, e.Drain(t.Context()), "nothing to wait for")
		mustSubmit(t, e, context.Background(), 1)
		mustSubmit(t, e, context.Background(), 2)
		drained := make(chan error, 1)
		go func() { drained <- e.Drain(t.Context()) }()
		for range 2 {
			<-g.entered
			synctest.Wait()
			require.Empty(t, drained)
			g.leave <- struct{}{}
		}
		require.NoError(t, <-drained)
		third := mustSubmit(t, e, context.Background(), 3)
		<-g.entered
		g.leave <- struct{}{}
		require.NoError(t, third.Wait(t.Context()))
		shut(t, e)
	})
}

func TestOptions_KeepThread(t *testing.T) {
	e := open(t, echo, Options{KeepThread: true})
	shut(t, e)
	require.True(t, happens(func() bool { // it says that it has ended, and then parks
		err := goleak.Find()
		return err != nil && strings.Contains(err.Error(), parked)
	}), "the thread must be kept")
}
