package async

import "iter"

// Results yields the outcomes in the order of the inputs, waiting for each, until the
// stream has ended and the last outcome was given. An error is the outcome of one
// input and does not end the sequence.
//
// Leaving the range early stops the stream, as [Stream.Stop] does, so that neither a
// push nor the work waits for a reader that is gone. Nothing is lost by it: a later
// range gives the outcomes not yet given. Goroutines that range at the same time
// share the outcomes, each of which goes to one of them.
func (s *Stream[In, Out]) Results() iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		ended := false
		defer func() {
			if !ended { // break, return, panic or Goexit in the loop
				s.Stop()
			}
		}()
		for {
			f, ok := s.next()
			if !ok {
				ended = true
				s.finish()
				return
			}
			v, err := f.Await(s.ctx)
			// The slot is free before the loop's body runs: the next input is worked
			// on while this outcome is consumed.
			s.got()
			if !yield(v, err) {
				return
			}
		}
	}
}

// next takes the oldest future, or reports that there will be none.
func (s *Stream[In, Out]) next() (*Future[Out], bool) {
	select {
	case f, ok := <-s.queue:
		return f, ok
	case <-s.ctx.Done():
		s.Close()
		f, ok := <-s.queue
		return f, ok
	}
}

func (s *Stream[In, Out]) got() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending--
	<-s.slots
}

// finish runs when the queue is closed and empty. While another range still waits for
// an outcome, it is left to that one.
func (s *Stream[In, Out]) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending > 0 {
		return
	}
	if s.ctx.Err() == nil {
		s.complete = true
	}
	s.cancel(ErrClosed)
}
