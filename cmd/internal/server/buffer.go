package server

import "sync"

// buffer is a pooled piece of memory. What is in a body's is the caller's request: it is
// given back only when nobody reads it any more.
type buffer struct {
	b    []byte
	room int // bytes before a body, see refserver.Request
	held reservation
}

// body is what b holds after the room.
func (b *buffer) body() []byte { return b.b[b.room:] }

// Buffers of two kinds: one of a large request would be kept alive by small ones.
const smallBuffer = 64 << 10

var small, large = sync.Pool{New: func() any { return new(buffer) }}, sync.Pool{New: func() any { return new(buffer) }}

func getBuffer(size int) *buffer {
	pool := &small
	if size > smallBuffer {
		pool = &large
	}
	b := pool.Get().(*buffer)
	if cap(b.b) < size {
		b.b = make([]byte, 0, size)
	}
	return b
}

func putBuffer(b *buffer) {
	b.b, b.room = b.b[:0], 0
	if cap(b.b) > smallBuffer {
		large.Put(b)
	} else {
		small.Put(b)
	}
}
