package async_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/async"
)

func TestAll(t *testing.T) {
	other := errors.New("other")
	pending, _ := async.New[int]()
	tests := map[string]struct {
		in   []*async.Future[int]
		want []int
		err  error
	}{
		"none":            {nil, []int{}, nil},
		"in order":        {[]*async.Future[int]{async.Ready(3), async.Ready(1), async.Ready(2)}, []int{3, 1, 2}, nil},
		"by position":     {[]*async.Future[int]{async.Ready(1), async.Failed[int](errBoom), async.Failed[int](other)}, nil, errBoom},
		"pending behind":  {[]*async.Future[int]{async.Failed[int](errBoom), pending}, nil, errBoom},
		"pending before":  {[]*async.Future[int]{pending, async.Failed[int](errBoom)}, nil, async.ErrPending},
		"nil is an error": {[]*async.Future[int]{async.Ready(1), nil}, nil, async.ErrNilFuture},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			v, err := async.All(tc.in...).Result()
			require.ErrorIs(t, err, tc.err)
			require.Equal(t, tc.want, v)
		})
	}
}

func TestAll_inputsCopied(t *testing.T) {
	in := []*async.Future[int]{async.Ready(1)}
	f := async.All(in...)
	in[0] = async.Failed[int](errBoom)
	v, err := f.Result()
	require.NoError(t, err)
	require.Equal(t, []int{1}, v)
}

func TestFirst(t *testing.T) {
	other := errors.New("other")
	pending, _ := async.New[int]()
	tests := map[string]struct {
		in   []*async.Future[int]
		want int
		errs []error
	}{
		"none":            {nil, 0, []error{async.ErrNoFutures}},
		"success":         {[]*async.Future[int]{async.Failed[int](errBoom), pending, async.Ready(2), async.Ready(3)}, 2, nil},
		"all failed":      {[]*async.Future[int]{async.Failed[int](errBoom), nil, async.Failed[int](other)}, 0, []error{errBoom, other, async.ErrNilFuture}},
		"still undecided": {[]*async.Future[int]{async.Failed[int](errBoom), pending}, 0, []error{async.ErrPending}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			v, err := async.First(tc.in...).Result()
			require.Equal(t, tc.want, v)
			if tc.errs == nil {
				require.NoError(t, err)
			}
			for _, want := range tc.errs {
				require.ErrorIs(t, err, want)
			}
		})
	}
	_, err := async.First(async.Failed[int](other), async.Failed[int](errBoom)).Result()
	assert.EqualError(t, err, "other\nboom", "in the order of the inputs")
	assert.Panics(t, func() { async.First(make([]*async.Future[int], 1<<16)...) })
}

// A race is decided by time; everyone then sees the same winner.
func TestFirst_byTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, ps := async.New[string]()
		bad, pb := async.New[string]()
		fast, pf := async.New[string]()
		time.AfterFunc(time.Second, func() { pb.Reject(errBoom) })
		time.AfterFunc(2*time.Second, func() { pf.Resolve("fast") })
		time.AfterFunc(time.Hour, func() { ps.Resolve("slow") })
		f := async.First(slow, bad, fast)
		start := time.Now()

		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		_, err := f.Await(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		v, err := f.Await(t.Context())
		require.NoError(t, err)
		require.Equal(t, "fast", v)
		require.Equal(t, 2*time.Second, time.Since(start))

		time.Sleep(2 * time.Hour) // slow has come by now, in a lower position
		v, _ = f.Await(t.Context())
		require.Equal(t, "fast", v)
	})
}

func TestAll_firstFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, pa := async.New[int]()
		never, _ := async.New[int]()
		time.AfterFunc(time.Second, func() { pa.Reject(errBoom) })
		f := async.All(async.Ready(1), a, never)
		<-f.Done()
		_, err := f.Await(t.Context())
		require.ErrorIs(t, err, errBoom)
	})
}

// Waiting, polling and Done on what is done start nothing; Done on what is pending
// starts one goroutine however often it is called.
func TestFuture_Done_goroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, p := async.New[int]()
		all := async.All(a, a)
		first := async.First(a, a)
		nested := async.All(all, all)
		_, _ = all.Await(ended())
		_, _ = first.Await(ended())
		_, _ = nested.Result()
		_, _ = first.Result()
		require.Zero(t, helpers())

		for range 10 {
			all.Done()
			first.Done()
		}
		require.Equal(t, 2, helpers())
		p.Resolve(1)
		<-all.Done()
		<-first.Done()
		require.True(t, isClosed(nested.Done()))
		// The bubble ends only when the two goroutines have ended.
	})
}

// helpers counts the goroutines that combinators have started. It looks at stacks
// because goroutines of earlier tests may still be on their way out.
func helpers() int {
	buf := make([]byte, 1<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "created by github.com/mistralbridge/mistralbridge/async.")
}

func TestAll_First_concurrent(t *testing.T) {
	for range 50 {
		a, pa := async.New[int]()
		b, pb := async.New[int]()
		all, first := async.All(a, b), async.First(a, b)
		var wg sync.WaitGroup
		firsts := make([]int, 8)
		for i := range firsts {
			wg.Go(func() {
				v, err := all.Await(context.Background())
				assert.NoError(t, err)
				assert.Equal(t, []int{1, 2}, v)
			})
			wg.Go(func() {
				<-first.Done()
				firsts[i], _ = first.Await(context.Background())
			})
		}
		wg.Go(func() { pa.Resolve(1) })
		wg.Go(func() { pb.Resolve(2) })
		wg.Wait()
		for _, v := range firsts {
			require.Equal(t, firsts[0], v)
		}
	}
}
