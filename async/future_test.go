package async_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/async"
)

// Every kind of future keeps the same contract, before and after it is done.
func TestFuture_contract(t *testing.T) {
	kinds := map[string]func(err error) (f *async.Future[int], finish func()){
		"promise": func(err error) (*async.Future[int], func()) {
			f, p := async.New[int]()
			if err != nil {
				return f, func() { p.Reject(err) }
			}
			return f, func() { p.Resolve(7) }
		},
		"lazy": func(err error) (*async.Future[int], func()) {
			g := newGate()
			if err != nil {
				return async.Lazy(g, func() (int, error) { return 0, err }), func() { close(g.done) }
			}
			return async.Lazy(g, func() (int, error) { return 7, nil }), func() { close(g.done) }
		},
		"all": func(err error) (*async.Future[int], func()) {
			f, p := async.New[int]()
			all := async.All(async.Ready(0), f)
			last := async.Lazy(all, func() (int, error) {
				v, err := all.Result()
				if err != nil {
					return 0, err
				}
				return v[1], nil
			})
			if err != nil {
				return last, func() { p.Reject(err) }
			}
			return last, func() { p.Resolve(7) }
		},
		"first": func(err error) (*async.Future[int], func()) {
			f, p := async.New[int]()
			first := async.First(async.Failed[int](errBoom), f)
			if err != nil {
				return first, func() { p.Reject(err) }
			}
			return first, func() { p.Resolve(7) }
		},
	}
	for name, make := range kinds {
		for _, want := range []error{nil, errBoom} {
			t.Run(name, func(t *testing.T) {
				f, finish := make(want)
				_, err := f.Result()
				require.ErrorIs(t, err, async.ErrPending)
				_, err = f.Await(ended())
				require.ErrorIs(t, err, context.Canceled)
				done := f.Done()
				require.False(t, isClosed(done))

				finish()
				<-done
				require.True(t, isClosed(f.Done()))
				for range 2 { // a value that is there wins over a ctx that has ended
					v, err := f.Await(ended())
					require.ErrorIs(t, err, want)
					require.NotErrorIs(t, err, context.Canceled)
					r, rerr := f.Result()
					require.Equal(t, err, rerr)
					if want == nil {
						require.NoError(t, err)
						require.Equal(t, []int{7, 7}, []int{v, r})
					}
				}
				require.NoError(t, f.Wait(ended()))
			})
		}
	}
}

func TestReady_Failed(t *testing.T) {
	v, err := async.Ready("x").Result()
	require.NoError(t, err)
	assert.Equal(t, "x", v)
	assert.True(t, isClosed(async.Ready(0).Done()))

	_, err = async.Failed[int](errBoom).Await(ended())
	assert.Equal(t, errBoom, err)
	_, err = async.Failed[int](nil).Result()
	assert.ErrorIs(t, err, async.ErrNilReject)
}

func TestFuture_zero(t *testing.T) {
	var f async.Future[int]
	_, err := f.Result()
	require.ErrorIs(t, err, async.ErrPending)
	_, err = f.Await(ended())
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, isClosed(f.Done()))
}

func TestPromise_once(t *testing.T) {
	tests := map[string]struct {
		first, second func(async.Promise[int]) bool
		want          int
		err           error
	}{
		"resolve, resolve": {resolve(1), resolve(2), 1, nil},
		"resolve, reject":  {resolve(1), reject(errBoom), 1, nil},
		"reject, resolve":  {reject(errBoom), resolve(2), 0, errBoom},
		"reject nil":       {reject(nil), reject(errBoom), 0, async.ErrNilReject},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f, p := async.New[int]()
			require.True(t, tc.first(p))
			require.False(t, tc.second(p))
			v, err := f.Result()
			require.ErrorIs(t, err, tc.err)
			require.Equal(t, tc.want, v)
		})
	}
	assert.False(t, async.Promise[int]{}.Resolve(1), "the zero promise")
}

func resolve(v int) func(async.Promise[int]) bool {
	return func(p async.Promise[int]) bool { return p.Resolve(v) }
}

func reject(err error) func(async.Promise[int]) bool {
	return func(p async.Promise[int]) bool { return p.Reject(err) }
}

func TestPromise_concurrent(t *testing.T) {
	for range 100 {
		f, p := async.New[int]()
		var wg sync.WaitGroup
		var winner, wins atomic.Int64
		got := make([]int, 8)
		for i := range 8 {
			wg.Go(func() {
				if p.Resolve(i + 1) {
					winner.Store(int64(i + 1))
					wins.Add(1)
				}
			})
			wg.Go(func() { got[i], _ = f.Await(context.Background()) })
		}
		wg.Wait()
		require.EqualValues(t, 1, wins.Load())
		for _, v := range got {
			require.EqualValues(t, winner.Load(), v)
		}
	}
}

// The ctx ends a wait, not the future.
func TestFuture_Await_contextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := async.New[int]()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := f.Await(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))

		time.AfterFunc(time.Minute, func() { p.Resolve(3) })
		v, err := f.Await(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, v)
		require.Equal(t, time.Minute+time.Second, time.Since(start))
	})
}

// lateCtx ends, and does something more, at the moment it is first waited for.
type lateCtx struct {
	context.Context
	then func()
}

func (c lateCtx) Done() <-chan struct{} { c.then(); return c.Context.Done() }

// When the outcome and the end of the ctx come together, the outcome goes first.
func TestFuture_Await_outcomeBeforeContext(t *testing.T) {
	for range 50 { // select would choose by lot
		f, p := async.New[int]()
		_, err := f.Await(lateCtx{ended(), func() { p.Resolve(1) }})
		require.NoError(t, err)

		g, p := async.New[int]()
		_, err = async.First(g, async.Failed[int](errBoom)).Await(lateCtx{ended(), func() { p.Resolve(1) }})
		require.NoError(t, err)
	}
}
