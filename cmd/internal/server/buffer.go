package server

import "sync"

// buffer is a pooled piece of memory. What is in a body's is the caller's request: it is
// given back only when nobody reads it any more.
type buffer struct {
	b        []byte
	room     int   // bytes before a body, see refserver.Options
	reserved int64 // of Server.memory
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

// smallBody is the size up to which a body is small. An eighth of the memory for bodies is
// for those alone, so that a few large ones do not keep everybody out.
const smallBody = smallBuffer

// reserve takes n bytes of what all bodies together may have; false: there is not so much left.
func (s *Server) reserve(n int64, large bool) bool {
	limit := s.o.BodyMemory
	if large {
		limit = s.largeMemory
	}
	if s.memory.Add(n) > limit {
		s.memory.Add(-n)
		return false
	}
	return true
}

// hold has a buffer stand for what an answer takes up, and gives the body's own memory back: nobody reads it any more.
// It is counted, and not refused: the work has been done.
func (s *Server) hold(b *buffer, bytes int64) *buffer {
	s.release(b)
	s.memory.Add(bytes)
	held := getBuffer(0)
	held.reserved = bytes
	return held
}

// release gives a body's memory back.
func (s *Server) release(b *buffer) {
	s.memory.Add(-b.reserved)
	b.reserved = 0
	putBuffer(b)
}
