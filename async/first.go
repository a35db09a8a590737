package async

import (
	"context"
	"errors"
	"reflect"
	"slices"
)

// maxFirst leaves one of the cases of reflect.Select for the ctx.
const maxFirst = 1<<16 - 1

// First returns a future of the value of the first input that succeeds. If several
// have succeeded when the outcome is first requested, the one with the lowest
// position is taken; everyone then sees that one. It fails when every input has
// failed, with errors.Join of their errors in the order of the inputs; without
// inputs it fails with [ErrNoFutures]. Nothing is cancelled.
//
// Cost: Await is one select over the inputs' Done channels, O(inputs) at each wake,
// on the caller's goroutine; it cannot use the inputs' own faster Wait. Only Done,
// called while the future is pending, starts one goroutine, which lives until the
// future is done. More than 65,535 inputs panic.
func First[T any](futures ...*Future[T]) *Future[T] {
	if len(futures) == 0 {
		return Failed[T](ErrNoFutures)
	}
	if len(futures) > maxFirst {
		panic("async: too many inputs for First")
	}
	r := &race[T]{in: inputs(futures)}
	return Lazy(r, r.winner)
}

type race[T any] struct {
	in   []*Future[T]
	late lateDone
}

func (r *race[T]) Wait(ctx context.Context) error {
	running := make([]*Future[T], 0, len(r.in))
	for _, f := range r.in {
		if !f.ready() {
			running = append(running, f)
		} else if _, err := f.value(); err == nil {
			return nil
		}
	}
	if len(running) == 0 {
		return nil
	}
	// The case of running[i] is cases[i]; the ctx comes last.
	cases := make([]reflect.SelectCase, 0, len(running)+1)
	for _, f := range running {
		cases = append(cases, recv(f.Done()))
	}
	cases = append(cases, recv(ctx.Done()))
	for len(running) > 0 {
		i, _, _ := reflect.Select(cases)
		if i == len(running) {
			if r.ready() {
				return nil
			}
			return ctx.Err()
		}
		if _, err := running[i].value(); err == nil {
			return nil
		}
		running = slices.Delete(running, i, i+1)
		cases = slices.Delete(cases, i, i+1)
	}
	return nil
}

func (r *race[T]) ready() bool {
	_, _, over := r.decide()
	return over
}

func (r *race[T]) Done() <-chan struct{} {
	if r.ready() {
		return alwaysDone
	}
	return r.late.of(r.Wait)
}

// winner is called once the race is over.
func (r *race[T]) winner() (T, error) {
	v, err, _ := r.decide()
	return v, err
}

// decide gives the outcome, if the race is over.
func (r *race[T]) decide() (v T, err error, over bool) {
	var errs []error
	for _, f := range r.in {
		if !f.ready() {
			continue
		}
		v, err := f.value()
		if err == nil {
			return v, nil, true
		}
		errs = append(errs, err)
	}
	return v, errors.Join(errs...), len(errs) == len(r.in)
}

func recv(c <-chan struct{}) reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c)}
}
