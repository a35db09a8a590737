package executor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
)

// A submission that never gets a place must leave its client once, not twice.
func TestClient_Submit_endsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		e := open(t, g.call, Options{Queue: 1, Spin: noSpin})
		c := e.NewClient()
		first, err := c.Submit(context.Background(), job.Job{Frame: frame(1)})
		require.NoError(t, err)
		<-g.entered
		second, err := c.Submit(context.Background(), job.Job{Frame: frame(2)})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = c.Submit(ctx, job.Job{Frame: frame(3), Full: job.Wait})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		require.Equal(t, 2, c.intake.Active())
		g.leave <- struct{}{}
		<-g.entered
		g.leave <- struct{}{}
		for _, j := range []job.Pending{first, second} {
			require.NoError(t, j.Wait(t.Context()))
		}
		require.NoError(t, c.Close(t.Context()))
		shut(t, e)
	})
}

func TestClient_Close_alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		e := open(t, g.call, Options{Spin: noSpin})
		a, b := e.NewClient(), e.NewClient()
		running, err := a.Submit(context.Background(), job.Job{Frame: frame(1)})
		require.NoError(t, err)
		<-g.entered
		left, err := a.Submit(context.Background(), job.Job{Frame: frame(2)})
		require.NoError(t, err)
		other, err := b.Submit(context.Background(), job.Job{Frame: frame(3)})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.Equal(t, &job.CloseError{Running: 1, Left: 1, Err: context.DeadlineExceeded}, a.Close(ctx))
		for _, j := range []job.Pending{running, left} {
			_, err := j.Reply()
			require.ErrorIs(t, err, job.ErrClosed)
		}
		_, err = a.Do(t.Context(), job.Job{Frame: frame(4)})
		require.ErrorIs(t, err, job.ErrClosed)
		require.False(t, isDone(other.(*Job)))
		g.leave <- struct{}{}
		require.EqualValues(t, 3, <-g.entered)
		g.leave <- struct{}{}
		require.NoError(t, b.Close(t.Context()))
		_, err = other.Reply()
		require.NoError(t, err)
		shut(t, e)
		balanced(t, e.Stats())
	})
}
