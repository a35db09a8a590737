package server

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// conns are the connections that are open. Safe for any number of goroutines.
type conns struct {
	mu  sync.Mutex
	all map[*pacedConn]struct{}
}

func (cs *conns) add(c *pacedConn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.all == nil {
		cs.all = map[*pacedConn]struct{}{}
	}
	cs.all[c] = struct{}{}
}

func (cs *conns) remove(c *pacedConn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.all, c)
}

// breakWaiting ends those that since some time have waited for nothing but their callers.
func (cs *conns) breakWaiting(since time.Time) {
	cs.mu.Lock()
	var waiting []*pacedConn
	for c := range cs.all {
		if c.waits(since) {
			waiting = append(waiting, c)
		}
	}
	cs.mu.Unlock()
	for _, c := range waiting {
		c.breakOff()
	}
}

func (s *Server) paced(l net.Listener) net.Listener {
	return pacedListener{l, s.o.WriteTimeout, &s.conns}
}

// pacedOf is the connection of a request; nil: it has none.
func pacedOf(ctx context.Context) *pacedConn {
	var p *pacedConn
	switch c := ctx.Value(callerKey{}).(type) {
	case *callerConn:
		p, _ = c.Conn.(*pacedConn)
	case *tls.Conn:
		p, _ = c.NetConn().(*pacedConn)
	}
	return p
}
