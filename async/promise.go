package async

// Promise is the writing end of a [Future]. It may be copied, and used by any number
// of goroutines: the first Resolve or Reject counts, later ones return false and
// change nothing. The zero Promise belongs to no future and returns false always.
type Promise[T any] struct{ f *Future[T] }

// New returns a pending future and the promise that completes it. A promise that is
// dropped leaves its future pending for ever.
func New[T any]() (*Future[T], Promise[T]) {
	f := &Future[T]{done: make(chan struct{})}
	return f, Promise[T]{f}
}

// Resolve completes the future with v and reports whether this call did it.
func (p Promise[T]) Resolve(v T) bool { return p.keep(v, nil) }

// Reject completes the future with err and reports whether this call did it. A nil err
// is recorded as [ErrNilReject].
func (p Promise[T]) Reject(err error) bool {
	var zero T
	return p.keep(zero, reason(err))
}

func (p Promise[T]) keep(v T, err error) bool {
	if p.f == nil || !p.f.state.CompareAndSwap(open, claimed) {
		return false
	}
	p.f.settle(v, err)
	close(p.f.done)
	return true
}

// Ready returns a future that is done with v.
func Ready[T any](v T) *Future[T] {
	f := new(Future[T])
	f.settle(v, nil)
	return f
}

// Failed returns a future that is done with err, or [ErrNilReject] if err is nil.
func Failed[T any](err error) *Future[T] {
	f := new(Future[T])
	f.err = reason(err)
	f.state.Store(settled)
	return f
}

func reason(err error) error {
	if err == nil {
		return ErrNilReject
	}
	return err
}
