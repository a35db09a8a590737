package server

// smallBody is the size up to which a body is small. An eighth of the memory for bodies is
// for those alone, whatever else is held, so that a few large ones do not keep everybody out.
const smallBody = smallBuffer

// reservation is a part of what all bodies together may take up.
type reservation struct {
	bytes int64
	small int64 // of them, those of the eighth for small bodies
}

// reserve adds n bytes to a reservation; false: there is not so much left. One that becomes
// large takes no place of the small ones any more.
func (s *Server) reserve(r *reservation, n int64, large bool) bool {
	limit := s.o.BodyMemory
	if large {
		limit = s.largeMemory
		s.small.Add(-r.small)
		r.small = 0
	}
	fits := s.memory.Add(n) <= limit
	if !large {
		fits = s.small.Add(n) <= s.o.BodyMemory/8 || fits
	}
	if !fits {
		s.memory.Add(-n)
		if !large {
			s.small.Add(-n)
		}
		return false
	}
	r.bytes += n
	if !large {
		r.small += n
	}
	return true
}

// add counts what cannot be refused any more.
func (s *Server) add(r *reservation, n int64) {
	s.memory.Add(n)
	r.bytes += n
}

func (s *Server) giveBack(r *reservation) {
	s.memory.Add(-r.bytes)
	s.small.Add(-r.small)
	if r.bytes >= scavengeFrom {
		s.scavenger.ended()
	}
	*r = reservation{}
}

// reserveFrame takes what a body that is not read into what goes to Python takes up besides, as so many times its size. One
// of the largest is let in where it is alone.
func (s *Server) reserveFrame(b *buffer, times int64) bool {
	size := int64(len(b.body()))
	return s.reserve(&b.held, max(0, min(b.held.bytes+times*size, s.largeMemory)-b.held.bytes), size > smallBody)
}

// admitCopied is admit for a body of which there are so many copies besides on its way to Python.
func (x *exchange) admitCopied(times int64) bool {
	if !x.admit() {
		return false
	}
	if !x.s.reserveFrame(x.body, times) {
		x.fail(overloaded)
		return false
	}
	return true
}

// reserveAnswer has a buffer stand for what an answer takes up, and gives the body's own memory back: nobody reads it any more.
// It is counted, and not refused: the work has been done.
func (s *Server) reserveAnswer(b *buffer, bytes int64) *buffer {
	s.release(b)
	held := getBuffer(0)
	s.add(&held.held, bytes)
	return held
}

// release gives a body's memory back.
func (s *Server) release(b *buffer) {
	s.giveBack(&b.held)
	putBuffer(b)
}
