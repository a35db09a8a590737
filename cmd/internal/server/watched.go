package server

import (
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// watched is what some files say. They are looked at again when it is requested, at most
// once a second, so that no goroutine is needed and no event is missed.
type watched[T any] struct {
	paths   []string
	read    func() (*T, error)
	onError func(error) // of files that have become unusable; what they said before holds

	current atomic.Pointer[T]
	looked  atomic.Int64 // when, in nanoseconds since begun
	begun   time.Time
	seen    []os.FileInfo // owned by the caller that moved looked
}

const lookEvery = time.Second

func watch[T any](paths []string, read func() (*T, error), onError func(error)) (*watched[T], error) {
	w := &watched[T]{paths: paths, read: read, onError: onError, begun: time.Now()}
	v, err := read()
	if err != nil {
		return nil, err
	}
	w.seen = w.stat()
	w.current.Store(v)
	return w, nil
}

// get returns what the files say.
func (w *watched[T]) get() *T {
	last, at := w.looked.Load(), int64(time.Since(w.begun))
	if at-last >= int64(lookEvery) && w.looked.CompareAndSwap(last, at) {
		w.look()
	}
	return w.current.Load()
}

func (w *watched[T]) look() {
	found := w.stat()
	if slices.EqualFunc(found, w.seen, same) {
		return
	}
	v, err := w.read()
	if err != nil {
		w.onError(fmt.Errorf("what was read before holds: %w", err))
		return // and is read again next time: a file may be half written
	}
	w.seen = found
	w.current.Store(v)
}

func (w *watched[T]) stat() []os.FileInfo {
	all := make([]os.FileInfo, 0, len(w.paths))
	for _, path := range w.paths {
		info, err := os.Stat(path)
		if err != nil {
			info = nil
		}
		all = append(all, info)
	}
	return all
}

func same(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
