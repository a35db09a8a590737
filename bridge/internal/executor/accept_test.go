package executor

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// What a job made is accepted before anybody has its reply, also when nobody will; or it is undone before the next job.
func TestAccept(t *testing.T) {
	for _, gone := range []bool{false, true} {
		for _, taken := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				g := newGate()
				e := open(t, g.call, Options{Spin: noSpin})
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				var told []uint64
				var j *Job
				j, err := e.Submit(ctx, frame(1), WithAccept(func(r *wire.Reply) []byte {
					told = append(told, number(r.Body))
					if !gone {
						require.False(t, isDone(j))
					}
					if taken {
						return nil
					}
					return frame(2)
				}))
				require.NoError(t, err)
				require.EqualValues(t, 1, <-g.entered)
				next := mustSubmit(t, e, context.Background(), 3)
				if gone {
					leave()
					<-j.Done()
				}
				g.leave <- struct{}{}
				if !taken {
					require.EqualValues(t, 2, <-g.entered, "it was not undone")
					g.leave <- struct{}{}
				}
				require.EqualValues(t, 3, <-g.entered)
				require.Equal(t, []uint64{1}, told)
				r, err := j.Reply()
				if gone {
					require.ErrorIs(t, err, context.Canceled)
				} else {
					require.NoError(t, err)
					require.EqualValues(t, 1, number(r.Body))
				}
				g.leave <- struct{}{}
				require.NoError(t, next.Wait(context.Background()))
				shut(t, e)
				balanced(t, e.Stats())
			})
		}
	}
}
