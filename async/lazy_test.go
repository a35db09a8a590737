package async_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/async"
)

func TestLazy_wait(t *testing.T) {
	g := newGate()
	f := async.Lazy(g, func() (int, error) { return 1, nil })
	_, err := f.Await(ended())
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, g.waits)
	require.Equal(t, g.Done(), f.Done())
	close(g.done)
	_, err = f.Await(context.Background())
	require.NoError(t, err)
	require.Equal(t, 2, g.waits)
	_, _ = f.Await(context.Background())
	require.Equal(t, 2, g.waits, "a kept outcome needs no wait")
}

func TestLazy_getsOnce(t *testing.T) {
	g := newGate()
	var calls atomic.Int64
	f := async.Lazy(g, func() (*int, error) {
		calls.Add(1)
		runtime.Gosched()
		return new(int), nil
	})
	close(g.done)
	<-f.Done()
	require.Zero(t, calls.Load(), "nobody has asked yet")

	var wg sync.WaitGroup
	got := make([]*int, 64)
	for i := range got {
		wg.Go(func() {
			if i%2 == 0 {
				got[i], _ = f.Result()
			} else {
				// gate.waits is not for many askers: ask by a channel, then Result
				<-f.Done()
				got[i], _ = f.Result()
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, calls.Load())
	for _, p := range got {
		require.Same(t, got[0], p)
	}
}

func TestLazy_panic(t *testing.T) {
	tests := map[string]struct {
		get   func() (int, error)
		text  string
		cause error
	}{
		"value":  {func() (int, error) { panic("no") }, "async: panic: no", nil},
		"error":  {func() (int, error) { panic(errBoom) }, "async: panic: boom", errBoom},
		"nil":    {func() (int, error) { panic(nil) }, "async: panic: panic called with nil argument", nil},
		"goexit": {func() (int, error) { runtime.Goexit(); return 0, nil }, "async: panic: runtime.Goexit was called", nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := async.Lazy(async.Ready(0), tc.get)
			gone := make(chan struct{}) // Goexit takes the first asker with it
			go func() {
				defer close(gone)
				_, _ = f.Result()
			}()
			<-gone
			_, err := f.Result()
			var p *async.PanicError
			require.ErrorAs(t, err, &p)
			require.Equal(t, tc.text, p.Error())
			require.Contains(t, string(p.Stack), "lazy_test.go")
			if tc.cause != nil {
				require.ErrorIs(t, err, tc.cause)
			}
			_, again := f.Await(ended())
			var q *async.PanicError
			require.ErrorAs(t, again, &q)
			require.Same(t, p, q, "every asker sees the same")
		})
	}
}

func TestLazy_ofFuture(t *testing.T) {
	f, p := async.New[string]()
	n := async.Lazy(f, func() (int, error) {
		s, err := f.Result()
		return len(s), err
	})
	_, err := n.Result()
	require.ErrorIs(t, err, async.ErrPending)
	p.Resolve("four")
	v, err := n.Result()
	require.NoError(t, err)
	require.Equal(t, 4, v)
}

func TestLazy_nilArguments(t *testing.T) {
	assert.Panics(t, func() { async.Lazy[int](nil, func() (int, error) { return 0, nil }) })
	assert.Panics(t, func() { async.Lazy[int](newGate(), nil) })
}
