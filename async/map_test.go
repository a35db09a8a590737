package async_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/async"
)

// later answers input n after n milliseconds, or with ctx's error.
func later(ctx context.Context, n int) *async.Future[int] {
	f, p := async.New[int]()
	timer := time.AfterFunc(time.Duration(n)*time.Millisecond, func() { p.Resolve(n) })
	context.AfterFunc(ctx, func() {
		timer.Stop()
		p.Reject(ctx.Err())
	})
	return f
}

// pairs gathers a sequence of outcomes; an error shows as its text.
func pairs(seq iter.Seq2[int, error]) []string {
	out := []string{}
	for v, err := range seq {
		if err != nil {
			out = append(out, err.Error())
		} else {
			out = append(out, strconv.Itoa(v))
		}
	}
	return out
}

func TestMap_orderAndLimit(t *testing.T) {
	for _, limit := range []int{-1, 1, 2, 3, 100} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				flying, most := 0, 0 // submitted and not yielded: one goroutine, no lock
				submit := func(ctx context.Context, n int) *async.Future[int] {
					flying++
					most = max(most, flying)
					return later(ctx, n)
				}
				in := []int{9, 1, 5, 0, 7, 7, 2}
				var got []int
				for v, err := range async.Map(t.Context(), slices.Values(in), limit, submit) {
					require.NoError(t, err)
					flying--
					got = append(got, v)
				}
				require.Equal(t, in, got)
				require.Equal(t, min(max(limit, 1), len(in)), most)
			})
		})
	}
}

func TestMap_errors(t *testing.T) {
	submit := func(_ context.Context, n int) *async.Future[int] {
		switch n {
		case 1:
			return async.Failed[int](errBoom)
		case 2:
			return nil
		}
		return async.Ready(n)
	}
	seq := async.Map(context.Background(), slices.Values([]int{0, 1, 2, 3}), 2, submit)
	want := []string{"0", "boom", async.ErrNilFuture.Error(), "3"}
	assert.Equal(t, want, pairs(seq))
	assert.Equal(t, want, pairs(seq), "a second range starts anew")
	assert.Empty(t, pairs(async.Map(context.Background(), slices.Values([]int(nil)), 2, submit)))
}

// What was cut short shows an error, and each input taken has one outcome.
func TestMap_cancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Millisecond)
		defer cancel()
		taken := 0
		source := func(yield func(int) bool) {
			for _, n := range []int{10, 20, 1000, 1, 2, 3} {
				taken++
				if !yield(n) {
					return
				}
			}
		}
		got := pairs(async.Map(ctx, source, 3, later))
		late := context.DeadlineExceeded.Error()
		// 1 and 2 are done in time, behind the one that is not.
		require.Equal(t, []string{"10", "20", late, "1", "2", late}, got)
		require.Equal(t, len(got), taken)
	})
	got := pairs(async.Map(ended(), slices.Values([]int{1, 2}), 3, later))
	assert.Equal(t, []string{"context canceled"}, got, "nothing is submitted")
	assert.Empty(t, pairs(async.Map(ended(), slices.Values([]int(nil)), 3, later)), "nothing was cut short")
}

func TestMap_break(t *testing.T) {
	leave := map[string]func(seq iter.Seq2[int, error]){
		"break": func(seq iter.Seq2[int, error]) {
			for range seq {
				break
			}
		},
		"panic": func(seq iter.Seq2[int, error]) {
			defer func() { _ = recover() }()
			for range seq {
				panic("in the loop")
			}
		},
	}
	for name, leave := range leave {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var started []*async.Future[int]
				submit := func(ctx context.Context, n int) *async.Future[int] {
					f := later(ctx, n)
					started = append(started, f)
					return f
				}
				start := time.Now()
				leave(async.Map(t.Context(), slices.Values([]int{1, 1000, 1000, 1000}), 3, submit))
				require.Equal(t, time.Millisecond, time.Since(start), "nothing is waited for")
				synctest.Wait()
				require.Len(t, started, 3)
				for _, f := range started[1:] {
					_, err := f.Result()
					require.ErrorIs(t, err, context.Canceled)
				}
			})
		})
	}
}

func TestMap_submitPanics(t *testing.T) {
	var ctx context.Context
	seq := async.Map(context.Background(), slices.Values([]int{1}), 2,
		func(c context.Context, _ int) *async.Future[int] { ctx = c; panic(errBoom) })
	assert.PanicsWithValue(t, errBoom, func() { pairs(seq) })
	assert.True(t, errors.Is(ctx.Err(), context.Canceled), "the ctx is released")
}
