package server

import (
	"context"
	"crypto/tls"
	"time"
)

// endIdle ends connections on which for some time there has been no request. net/http would do so too, but of HTTP/2 it
// keeps those that end while requests are under way for all of that time: it sets their timer again when they have ended.
func (s *Server) endIdle(ctx context.Context) {
	tick := time.NewTicker(max(s.o.IdleTimeout/8, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			for _, c := range s.conns.idle(now.Add(-s.o.IdleTimeout), now.Add(-max(s.o.IdleTimeout, headerTimeout))) {
				go c.endIdle() // it may wait for its caller
			}
		}
	}
}

// idle are the connections that have had no request since some time, or since another that are without any.
func (cs *conns) idle(used, unused time.Time) (idle []*pacedConn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.all {
		if c.isIdle(used, unused) {
			idle = append(idle, c)
		}
	}
	return idle
}

func (c *pacedConn) isIdle(used, unused time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.open > 0 || c.writers > 0:
		return false
	case c.ended.IsZero():
		return c.made.Before(unused) // of HTTP/1 net/http has ended it by then
	case !c.http2 && c.read.After(used):
		return false // a request is coming, which has its own time
	}
	return c.ended.Before(used)
}

// goAway informs an HTTP/2 client that the connection ends, whatever was requested on it.
const goAway = "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x7f\xff\xff\xff\x00\x00\x00\x00"

// endIdle ends a connection on which there is nothing to do.
func (c *pacedConn) endIdle() {
	c.mu.Lock()
	outer, http2 := c.outer, c.http2
	c.mu.Unlock()
	if secure, ok := outer.(*tls.Conn); ok {
		http2 = secure.ConnectionState().NegotiatedProtocol == "h2"
	}
	if outer == nil {
		outer = c
	}
	if http2 {
		_, _ = outer.Write([]byte(goAway)) // who does not hear it sees the end
	}
	_ = outer.Close()
}
