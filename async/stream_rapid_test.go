package async_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/async"
)

// modelled is an input as the model knows it: its promise and how it was kept.
type modelled struct {
	promise async.Promise[int]
	settled bool
	value   int
	err     error
}

// TestStream_model drives a stream through random histories on one goroutine and holds
// it to a list.
func TestStream_model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		var line []*modelled // taken by Push, outcome not yet given
		var taken, given int
		var closed, stopped, inside bool // inside a range
		s := async.NewStream(context.Background(), limit, func(_ context.Context, n int) *async.Future[int] {
			f, p := async.New[int]()
			line = append(line, &modelled{promise: p, value: n})
			return f
		})
		defer s.Stop()
		next, leave := iter.Pull2(s.Results())
		defer func() { leave() }()

		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				full := len(line) == limit
				if full { // it would block: a ctx that is about to end shows that it does
					ctx, cancel = context.WithTimeout(context.Background(), 100*time.Microsecond)
					defer cancel()
				}
				err := s.Push(ctx, taken)
				switch {
				case closed || stopped:
					require.ErrorIs(t, err, async.ErrClosed)
				case full:
					require.ErrorIs(t, err, context.DeadlineExceeded)
				default:
					require.NoError(t, err)
					taken++
				}
			},
			"settle": func(t *rapid.T) {
				if len(line) == 0 {
					t.Skip("nothing in flight")
				}
				m := line[rapid.IntRange(0, len(line)-1).Draw(t, "which")]
				if m.settled {
					require.False(t, m.promise.Resolve(-1))
					return
				}
				m.settled = true
				if rapid.Bool().Draw(t, "fail") {
					m.value, m.err = 0, errors.New("failed")
					m.promise.Reject(m.err)
				} else {
					m.promise.Resolve(m.value)
				}
			},
			"take": func(t *rapid.T) {
				if len(line) == 0 && !closed && !stopped || len(line) > 0 && !line[0].settled && !stopped {
					t.Skip("it would block")
				}
				v, err, ok := next()
				require.Equal(t, len(line) > 0, ok)
				inside = ok
				if !ok {
					return
				}
				m := line[0]
				line = line[1:]
				given++
				if !m.settled { // given up by Stop
					require.ErrorIs(t, err, context.Canceled)
					return
				}
				require.Equal(t, m.err, err)
				require.Equal(t, m.value, v)
			},
			"close": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "one in ten") == 0 {
					s.Close()
					closed = true
				}
			},
			"stop": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "one in ten") == 0 {
					s.Stop()
					stopped = true
				}
			},
			"leave and range again": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "one in ten") == 0 {
					leave()
					stopped = stopped || inside // leaving a range that runs is Stop
					inside = false
					next, leave = iter.Pull2(s.Results())
				}
			},
			"": func(t *rapid.T) {
				require.LessOrEqual(t, len(line), limit)
				require.Equal(t, taken, given+len(line))
			},
		})
	})
}
