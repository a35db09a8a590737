package async

import "context"

// All returns a future of every input's value, in the order of the inputs. It fails
// with the first error by position, which makes the error the same on every run: it
// is done as soon as the inputs up to and including the first failed one are done,
// and it does not wait for those behind it. Nothing is cancelled. Without inputs it
// is done, with an empty slice.
//
// Cost: Await walks the inputs on the caller's goroutine and starts none. Only Done,
// called while the future is pending, starts one goroutine, which lives until the
// future is done. Lazy inputs are computed on the goroutine that walks.
func All[T any](futures ...*Future[T]) *Future[[]T] {
	if len(futures) == 0 {
		return Ready([]T{})
	}
	a := &all[T]{in: inputs(futures)}
	return Lazy(a, a.collect)
}

type all[T any] struct {
	in   []*Future[T]
	late lateDone
}

func (a *all[T]) Wait(ctx context.Context) error {
	for _, f := range a.in {
		if err := f.Wait(ctx); err != nil {
			return err
		}
		if _, err := f.value(); err != nil {
			return nil
		}
	}
	return nil
}

func (a *all[T]) ready() bool {
	for _, f := range a.in {
		if !f.ready() {
			return false
		}
		if _, err := f.value(); err != nil {
			return true
		}
	}
	return true
}

func (a *all[T]) Done() <-chan struct{} {
	if a.ready() {
		return alwaysDone
	}
	return a.late.of(a.Wait)
}

func (a *all[T]) collect() ([]T, error) {
	out := make([]T, len(a.in))
	for i, f := range a.in {
		v, err := f.value()
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// inputs copies the caller's slice, which the caller may change afterwards.
func inputs[T any](futures []*Future[T]) []*Future[T] {
	in := make([]*Future[T], len(futures))
	for i, f := range futures {
		in[i] = orFailed(f)
	}
	return in
}
