package async

import "context"

// ring is a queue of the futures in flight, oldest first, in a fixed array.
type ring[T any] struct {
	slots []*Future[T]
	head  int // the oldest
	n     int
}

func newRing[T any](size int) *ring[T] { return &ring[T]{slots: make([]*Future[T], size)} }

func (r *ring[T]) full() bool { return r.n == len(r.slots) }

func (r *ring[T]) push(f *Future[T]) {
	r.slots[(r.head+r.n)%len(r.slots)] = f
	r.n++
}

func (r *ring[T]) pop() *Future[T] {
	f := r.slots[r.head]
	r.slots[r.head] = nil // the consumer may hold on to nothing of it
	r.head = (r.head + 1) % len(r.slots)
	r.n--
	return f
}

// drain yields what is left and reports whether yield wants more.
func (r *ring[T]) drain(ctx context.Context, yield func(T, error) bool) bool {
	for r.n > 0 {
		if !yield(r.pop().Await(ctx)) {
			return false
		}
	}
	return true
}
