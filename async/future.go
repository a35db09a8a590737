package async

import (
	"context"
	"sync"
	"sync/atomic"
)

const (
	open    = iota // no outcome yet
	claimed        // a promise is being kept: the outcome is being written
	settled        // val and err are final
)

// Future is a value, or an error, that comes later. Make one with [New], [Ready],
// [Failed], [Lazy], [All] or [First]; the zero Future is never done.
//
// All methods are safe for any number of goroutines, and all of them see the same
// outcome. A Future must not be copied.
type Future[T any] struct {
	state atomic.Uint32
	once  sync.Once // around get
	done  chan struct{}
	w     Waiter // instead of done: what a Lazy future waits for
	get   func() (T, error)
	val   T
	err   error
}

// Await waits for the outcome and returns it.
//
// If ctx ends first it returns ctx.Err(), and the future can be awaited
// again. An outcome that is there is returned even if ctx has ended. Errors: ctx's,
// or the one the future failed with.
func (f *Future[T]) Await(ctx context.Context) (T, error) {
	if err := f.Wait(ctx); err != nil {
		var zero T
		return zero, err
	}
	return f.value()
}

// Wait is Await without asking for the value: nil means done, anything else is
// ctx's error. It makes *Future a [Waiter].
func (f *Future[T]) Wait(ctx context.Context) error {
	if f.state.Load() == settled {
		return nil
	}
	if f.w != nil {
		return f.w.Wait(ctx)
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		// select chooses by lot when both are ready: the outcome goes first.
		if f.ready() {
			return nil
		}
		return ctx.Err()
	}
}

// Done returns a channel that is closed when the outcome is there. It is for
// select statements; to wait for one future, Await is the faster way.
func (f *Future[T]) Done() <-chan struct{} {
	switch {
	case f.state.Load() == settled:
		return alwaysDone
	case f.w != nil:
		return f.w.Done()
	default:
		return f.done
	}
}

// Result returns the outcome without waiting, or [ErrPending] before it is there.
func (f *Future[T]) Result() (T, error) {
	if !f.ready() {
		var zero T
		return zero, ErrPending
	}
	return f.value()
}

// ready reports whether the outcome is there, without making a Done channel.
func (f *Future[T]) ready() bool {
	if f.state.Load() == settled {
		return true
	}
	return f.w != nil && isDone(f.w)
}

// value gives the outcome of a future that is done.
func (f *Future[T]) value() (T, error) {
	if f.state.Load() != settled {
		f.once.Do(f.compute) // only a Lazy future comes here
	}
	return f.val, f.err
}

// compute calls get; neither a panic nor Goexit leaves the future without an outcome.
// After Goexit the goroutine still ends, as get wanted.
func (f *Future[T]) compute() {
	get := f.get
	f.get = nil // it may hold more memory than the value
	returned := false
	defer func() {
		if !returned {
			var zero T
			f.settle(zero, panicked(recover()))
		}
	}()
	v, err := get()
	returned = true
	f.settle(v, err)
}

func (f *Future[T]) settle(v T, err error) {
	f.val, f.err = v, err
	f.state.Store(settled)
}

// orFailed lets a nil future be an error where it is awaited, which may be another
// goroutine than the one that made the mistake.
func orFailed[T any](f *Future[T]) *Future[T] {
	if f == nil {
		return Failed[T](ErrNilFuture)
	}
	return f
}
