package loadtest

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// stream is a number of connections, each of which sends a request when it has the answer to the one before.
type stream struct {
	address     Address
	shape       Shape
	connections int
	expect      int // tokens
	numbers     *serial
	over        <-chan struct{} // closed: nothing more is sent, whatever the window says; nil: never
}

// run sends until the window ends, and then waits for the answers that are due. Errors: that of ctx.
func (s *stream) run(ctx context.Context, w window) (*Sample, error) {
	first := newRequest(s.shape, s.address.host())
	parts := make([]*Sample, s.connections)
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() { parts[i] = s.connection(ctx, first.clone(), w) })
	}
	wg.Wait()
	all := &Sample{Took: w.length()}
	for _, p := range parts {
		all.merge(p)
	}
	return all, ctx.Err()
}

func (s *stream) connection(ctx context.Context, r *request, w window) *Sample {
	var out Sample
	c := newConn(s.address)
	defer c.close()
	for ctx.Err() == nil {
		if !s.shape.Same {
			r.number(s.numbers.next())
		}
		begun := time.Now()
		if !begun.Before(w.end) || s.ended() {
			break
		}
		status, body, err := c.do(ctx, r.raw)
		ended := time.Now()
		problem := s.problem(status, body, err)
		if problem == "" && w.has(ended) {
			out.Done++
		}
		if begun.Before(w.end) && ended.After(w.begin) {
			out.add(status, ended.Sub(begun), problem)
		}
		if err != nil {
			// A server that refuses connections is not asked a million times a second.
			time.Sleep(time.Millisecond)
		}
	}
	return &out
}

func (s *stream) ended() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// problem says what is wrong with an answer; empty: nothing.
func (s *stream) problem(status int, body []byte, err error) string {
	if err != nil {
		return err.Error()
	}
	if status != 200 {
		return fmt.Sprintf("%d %s", status, body[:min(len(body), 200)])
	}
	if n := s.shape.Route.count(body); n != s.expect {
		return fmt.Sprintf("%d tokens, not %d", n, s.expect)
	}
	return ""
}
