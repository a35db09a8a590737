package async_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/async"
)

// never is work that ends with its ctx only.
func never(ctx context.Context, _ int) *async.Future[int] {
	f, p := async.New[int]()
	context.AfterFunc(ctx, func() { p.Reject(ctx.Err()) })
	return f
}

func ready(_ context.Context, n int) *async.Future[int] { return async.Ready(n) }

func TestStream_order(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := async.NewStream(t.Context(), 3, later)
		in := []int{30, 1, 20, 2, 10, 3, 3}
		go func() {
			defer s.Close()
			for _, n := range in {
				assert.NoError(t, s.Push(t.Context(), n))
			}
		}()
		var got []int
		for v, err := range s.Results() {
			require.NoError(t, err)
			got = append(got, v)
		}
		require.Equal(t, in, got)
		require.NoError(t, s.Err())
		require.Empty(t, pairs(s.Results()), "a finished stream stays finished")
	})
}

func TestStream_Push_blocksAtLimit(t *testing.T) {
	for _, limit := range []int{0, 1, 4} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := async.NewStream(t.Context(), limit, later)
				defer s.Stop()
				room := max(limit, 1)
				for range room {
					require.NoError(t, s.Push(t.Context(), 0))
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				require.ErrorIs(t, s.Push(ctx, 0), context.DeadlineExceeded)
				require.Equal(t, time.Second, time.Since(start))

				var pushed atomic.Bool
				go func() {
					assert.NoError(t, s.Push(t.Context(), 0))
					pushed.Store(true)
				}()
				synctest.Wait()
				require.False(t, pushed.Load())
				for range s.Results() {
					synctest.Wait()
					require.True(t, pushed.Load(), "the slot is free while the outcome is consumed")
					break
				}
			})
		})
	}
}

func TestStream_Push_refused(t *testing.T) {
	tests := map[string]struct {
		end  func(s *async.Stream[int, int], cancel func())
		ctx  context.Context
		want error
		err  error
	}{
		"closed":           {func(s *async.Stream[int, int], _ func()) { s.Close(); s.Close() }, context.Background(), async.ErrClosed, nil},
		"stopped":          {func(s *async.Stream[int, int], _ func()) { s.Stop(); s.Stop() }, context.Background(), async.ErrClosed, context.Canceled},
		"left":             {func(s *async.Stream[int, int], _ func()) { leave(s) }, context.Background(), async.ErrClosed, context.Canceled},
		"stream cancelled": {func(_ *async.Stream[int, int], cancel func()) { cancel() }, context.Background(), context.Canceled, context.Canceled},
		"both ended":       {func(s *async.Stream[int, int], _ func()) { s.Close() }, ended(), async.ErrClosed, nil},
		"push cancelled":   {func(*async.Stream[int, int], func()) {}, ended(), context.Canceled, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for range 20 { // the answer does not depend on select's lot
				ctx, cancel := context.WithCancel(context.Background())
				s := async.NewStream(ctx, 2, ready)
				require.NoError(t, s.Push(ctx, 1))
				tc.end(s, cancel)
				require.ErrorIs(t, s.Push(tc.ctx, 2), tc.want)
				s.Close()
				rest := pairs(s.Results())
				if name != "left" {
					require.Equal(t, []string{"1"}, rest, "what is there is not lost")
				}
				require.Equal(t, tc.err, s.Err())
				cancel()
			}
		})
	}
}

// leave ranges over one outcome.
func leave(s *async.Stream[int, int]) {
	for range s.Results() {
		break
	}
}

// Whatever ends the stream wakes pushes and ranges that block.
func TestStream_endWakesAll(t *testing.T) {
	tests := map[string]struct {
		end  func(s *async.Stream[int, int], cancel func())
		push error
		got  []string
	}{
		"stop":   {func(s *async.Stream[int, int], _ func()) { s.Stop() }, async.ErrClosed, []string{"context canceled", "context canceled"}},
		"cancel": {func(_ *async.Stream[int, int], cancel func()) { cancel() }, context.Canceled, []string{"context canceled", "context canceled"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s := async.NewStream(ctx, 2, never)
				require.NoError(t, s.Push(ctx, 1))
				require.NoError(t, s.Push(ctx, 2))
				var wg sync.WaitGroup
				for range 3 {
					wg.Go(func() { assert.ErrorIs(t, s.Push(t.Context(), 3), tc.push) })
				}
				var got []string
				wg.Go(func() { got = pairs(s.Results()) })
				synctest.Wait()
				tc.end(s, cancel)
				wg.Wait()
				require.Equal(t, tc.got, got)
				require.ErrorIs(t, s.Err(), context.Canceled)
			})
		})
	}
}

func TestStream_Close_endsIdleRange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := async.NewStream(t.Context(), 2, ready)
		time.AfterFunc(time.Second, s.Close)
		require.Empty(t, pairs(s.Results()))
		require.NoError(t, s.Err())
	})
}

// An input whose submit is under way when the stream closes is taken, and counts.
func TestStream_Close_duringSubmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := async.NewStream(t.Context(), 2, func(_ context.Context, n int) *async.Future[int] {
			time.Sleep(time.Second)
			return async.Ready(n)
		})
		go func() { assert.NoError(t, s.Push(t.Context(), 5)) }()
		synctest.Wait()
		s.Close()
		require.Equal(t, []string{"5"}, pairs(s.Results()))
		require.NoError(t, s.Err())
	})
}

// After a break the work is given up, and a later range still accounts for it.
func TestStream_Results_break(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := async.NewStream(t.Context(), 4, later)
		for _, n := range []int{1, 1000, 2, 1000} {
			require.NoError(t, s.Push(t.Context(), n))
		}
		time.Sleep(5 * time.Millisecond)
		leave(s)
		require.Equal(t, []string{"context canceled", "2", "context canceled"}, pairs(s.Results()))
		require.ErrorIs(t, s.Err(), context.Canceled)
	})
}

func TestStream_submitPanics(t *testing.T) {
	var last context.Context
	s := async.NewStream(context.Background(), 1, func(ctx context.Context, n int) *async.Future[int] {
		last = ctx
		if n == 0 {
			panic(errBoom)
		}
		if n == 1 {
			return nil
		}
		return async.Ready(n)
	})
	assert.PanicsWithValue(t, errBoom, func() { _ = s.Push(context.Background(), 0) })
	require.NoError(t, s.Push(context.Background(), 1), "the slot and the turn are free again")
	s.Close()
	require.Equal(t, []string{async.ErrNilFuture.Error()}, pairs(s.Results()))
	require.NoError(t, s.Err())
	require.ErrorIs(t, last.Err(), context.Canceled, "the ctx is released after the last outcome")
}

// Many pushers, several ranges, answers in any order: each input has one outcome, and
// a pusher's own inputs keep their order when one goroutine ranges.
func TestStream_hammer(t *testing.T) {
	const pushers, each, limit = 8, 200, 5
	for _, readers := range []int{1, 3} {
		t.Run(strconv.Itoa(readers), func(t *testing.T) {
			var flying atomic.Int64
			var helpers sync.WaitGroup
			s := async.NewStream(context.Background(), limit, func(_ context.Context, n int) *async.Future[int] {
				assert.LessOrEqual(t, flying.Add(1), int64(limit))
				f, p := async.New[int]()
				helpers.Go(func() {
					time.Sleep(time.Duration(rand.IntN(50)) * time.Microsecond)
					flying.Add(-1)
					p.Resolve(n)
				})
				return f
			})
			var push, read sync.WaitGroup
			for p := range pushers {
				push.Go(func() {
					for i := range each {
						assert.NoError(t, s.Push(context.Background(), p*each+i))
					}
				})
			}
			got := make([][]int, readers)
			for r := range readers {
				read.Go(func() {
					for v, err := range s.Results() {
						assert.NoError(t, err)
						got[r] = append(got[r], v)
					}
				})
			}
			push.Wait()
			s.Close()
			read.Wait()
			helpers.Wait()
			require.NoError(t, s.Err())
			seen := map[int]bool{}
			next := make([]int, pushers)
			for _, part := range got {
				for _, v := range part {
					require.False(t, seen[v])
					seen[v] = true
					if readers == 1 {
						require.Equal(t, next[v/each], v%each)
						next[v/each]++
					}
				}
			}
			require.Len(t, seen, pushers*each)
		})
	}
}
