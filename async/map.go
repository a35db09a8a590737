package async

import (
	"context"
	"iter"
)

// Map submits the inputs of seq, at most limit of them at a time, and yields their
// outcomes in the order of the inputs. It takes inputs until limit are in flight,
// then waits for the oldest; so it pulls up to limit inputs before the first outcome
// comes, and a source that trickles is better served by a [Stream]. A limit below 1
// counts as 1; limit pointers are allocated at the start.
//
// Everything happens on the goroutine that ranges; there is no other. An error is the
// outcome of one input and does not end the sequence: break does. submit is called
// with a ctx that ends when ctx ends and when the range is left, so leaving early
// (break, return, panic) cancels what is in flight and does not wait for it.
//
// Every input taken from seq gives exactly one pair. When ctx ends, those in flight
// give their value if it is there, else ctx's error; one more input may be taken,
// is not submitted and gives ctx's error, and the sequence ends. A sequence that
// was cut short has thus always shown an error.
func Map[In, Out any](
	ctx context.Context, seq iter.Seq[In], limit int, submit func(context.Context, In) *Future[Out],
) iter.Seq2[Out, error] {
	limit = max(limit, 1)
	return func(yield func(Out, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		flight := newRing[Out](limit)
		for in := range seq {
			if err := ctx.Err(); err != nil {
				if flight.drain(ctx, yield) {
					yield(*new(Out), err)
				}
				return
			}
			flight.push(orFailed(submit(ctx, in)))
			if flight.full() && !yield(flight.pop().Await(ctx)) {
				return
			}
		}
		flight.drain(ctx, yield)
	}
}
