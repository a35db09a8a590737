package async

import (
	"context"
	"errors"
	"sync"
)

// Stream takes inputs by [Stream.Push] and gives their outcomes by [Stream.Results],
// in the order of the inputs, with a bounded number in flight. It is the form of
// [Map] for inputs that come from elsewhere: one goroutine pushes and another
// ranges. The stream itself has no goroutine.
//
// Every input that Push took gives exactly one outcome. A stream ends in one of three
// ways: [Stream.Close], no more inputs, all outcomes come; the ctx ends; or
// [Stream.Stop], which leaving a range early does too. In the last two, inputs in
// flight give their value if it is there, else ctx's error.
//
// All methods are safe for any number of goroutines. A caller that might not range to the
// end should defer Stop; until a stream has ended it holds on to its ctx.
type Stream[In, Out any] struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	submit func(context.Context, In) *Future[Out]

	turn   chan struct{}     // a lock that can be waited for together with a ctx
	slots  chan struct{}     // one token for each input in flight
	queue  chan *Future[Out] // has cap(slots) places, so that sending never blocks
	closed chan struct{}     // closed when no new inputs are taken

	mu       sync.Mutex
	closing  bool // closed is closed
	pushing  bool // a submit is under way: its future is yet to be queued
	pending  int  // inputs taken whose outcome the range has not got yet
	complete bool // the range came to its end, and nothing was cut short
}

// NewStream returns a stream with at most limit inputs in flight: submitted and not
// yet waited for by the range. A limit below 1 counts as 1.
//
// submit starts the work for one input. It runs on the goroutine that pushes, one
// call at a time, in the order of the inputs. Its ctx is the stream's own: it ends
// with ctx, with Stop, and after the last outcome. A submit that blocks must return
// when it ends, because the range waits for it. It must not push.
func NewStream[In, Out any](
	ctx context.Context, limit int, submit func(context.Context, In) *Future[Out],
) *Stream[In, Out] {
	limit = max(limit, 1)
	ctx, cancel := context.WithCancelCause(ctx)
	return &Stream[In, Out]{
		ctx: ctx, cancel: cancel, submit: submit,
		turn:   make(chan struct{}, 1),
		slots:  make(chan struct{}, limit),
		queue:  make(chan *Future[Out], limit),
		closed: make(chan struct{}),
	}
}

// Push submits in, after waiting until fewer than the limit are in flight. The ctx
// bounds this wait only. Goroutines that push at the same time take turns in the
// order in which they came.
//
// An error means that in was not taken: [ErrClosed] after Close or Stop, or the
// error of ctx or of the stream's ctx. A panic in submit passes through, and in was
// not taken. A goroutine that both pushes and ranges must not push more than the
// limit ahead: it would wait for itself.
func (s *Stream[In, Out]) Push(ctx context.Context, in In) error {
	if err := s.acquire(ctx, s.turn); err != nil {
		return err
	}
	defer func() { <-s.turn }()
	if err := s.acquire(ctx, s.slots); err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		<-s.slots
		return err
	}
	taken := false
	defer func() { s.end(taken) }() // also when submit panics
	f := orFailed(s.submit(s.ctx, in))
	s.queue <- f
	taken = true
	return nil
}

// begin marks a submit as under way, which keeps the queue open; end takes the mark
// back.
func (s *Stream[In, Out]) begin(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refusal(ctx); err != nil {
		return err
	}
	s.pushing = true
	s.pending++
	return nil
}

func (s *Stream[In, Out]) end(taken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pushing = false
	if !taken {
		s.pending--
		<-s.slots
	}
	if s.closing {
		close(s.queue)
	}
}

// acquire puts a token into c, or says why not.
func (s *Stream[In, Out]) acquire(ctx context.Context, c chan struct{}) error {
	select {
	case c <- struct{}{}:
		return nil
	case <-ctx.Done():
	case <-s.ctx.Done():
	case <-s.closed:
	}
	return s.refusal(ctx)
}

// refusal says why an input cannot be taken, or nil. The order makes the answer the
// same whichever of several reasons was noticed first.
func (s *Stream[In, Out]) refusal(ctx context.Context) error {
	if err := s.ctx.Err(); err != nil {
		if errors.Is(context.Cause(s.ctx), ErrClosed) {
			return ErrClosed
		}
		return err
	}
	select {
	case <-s.closed:
		return ErrClosed
	default:
		return ctx.Err()
	}
}

// Close ends the inputs: what was pushed is still worked on and its outcomes still
// come, then the range ends. Blocked pushes return ErrClosed. Close does not wait,
// and may be called again.
func (s *Stream[In, Out]) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return
	}
	s.closing = true
	close(s.closed)
	if !s.pushing {
		close(s.queue)
	}
}

// Stop is Close and also ends the ctx given to submit, so that work in flight can be
// given up. It does not wait, and may be called again.
func (s *Stream[In, Out]) Stop() {
	s.cancel(ErrClosed)
	s.Close()
}

// Err reports, once a range has come to its end, whether something was cut short: nil
// if the stream was closed and every outcome was given; else the error of its ctx,
// which after Stop is context.Canceled. Before, it is nil unless the ctx has ended.
func (s *Stream[In, Out]) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.complete {
		return nil
	}
	return s.ctx.Err()
}
