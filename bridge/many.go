package bridge

import (
	"context"
	"fmt"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Answer is what one of many requests got. The zero Value goes with an Err.
type Answer[T any] struct {
	Value T
	Err   error // an *ItemError, nil for none
}

// ItemError is the error of one of many requests.
type ItemError struct {
	Index int   // of the request among those of the call
	Err   error // what the call of this request alone returns
}

// Error names the request and gives the error's own text.
func (e *ItemError) Error() string { return fmt.Sprintf("item %d: %v", e.Index, e.Err) }

// Unwrap returns Err.
func (e *ItemError) Unwrap() error { return e.Err }

// What a frame of many requests may hold. Other calls get between two frames, so it is some
// milliseconds of work. A larger request goes by itself.
const (
	manyBytes = 128 << 10
	// manyExtra is what a request costs beside its bytes, as if it had so many more.
	textExtra = 64
	chatExtra = 1 << 10
)

// many are n requests of one kind.
type many[T any] struct {
	one    call[T] // what they have in common, without a frame
	media  bool    // a request may name images or audio
	header wire.Header
	n      int
	extra  int
	// body appends a request.
	body func(dst []byte, i int) ([]byte, error)
	// alone is the call of a request by itself.
	alone func(i int) call[T]
	// value is an answer that is nothing but ids, or their number.
	value func(ids []int32, n int32) T
}

// doMany makes the calls and waits for them, with a bounded number of frames under way.
func doMany[T any](ctx context.Context, rt *Runtime, m many[T]) ([]Answer[T], error) {
	if m.one.err != nil {
		return nil, m.one.err
	}
	run := manyRun[T]{many: m, ctx: ctx, rt: rt, out: make([]Answer[T], m.n), ahead: rt.backend.parallel() + 1}
	for run.next < m.n {
		if err := run.pack(); err != nil {
			return nil, err
		}
	}
	for len(run.under) > 0 {
		if err := run.take(); err != nil {
			return nil, err
		}
	}
	return run.out, nil
}

func startMany[T any](ctx context.Context, rt *Runtime, m many[T]) *async.Future[[]Answer[T]] {
	f, promise := async.New[[]Answer[T]]()
	go func() {
		out, err := doMany(ctx, rt, m)
		if err != nil {
			promise.Reject(err)
			return
		}
		promise.Resolve(out)
	}()
	return f
}
