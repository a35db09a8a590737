package server

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"
)

// conns are the connections that are open. Safe for any number of goroutines.
//
// Each may hold the head of a request, and over HTTP/2 those of many. So there are at most so many connections and requests
// of HTTP/2: those connections that have waited longest for their callers make room for the next.
type conns struct {
	most int
	log  *slog.Logger

	mu     sync.Mutex
	all    map[*pacedConn]struct{}
	units  int       // connections, and the requests of HTTP/2 that are under way
	logged time.Time // when it was last logged that there were too many
}

const (
	// memoryPerConnection is what bodies may have for each connection that there may be.
	memoryPerConnection = 64 << 10
	// leastConnections is how many there may be however little memory bodies have.
	leastConnections = 64
)

// defaultConnections is the number of connections that goes with a memory for bodies. An eighth of the open files is left for
// other things.
func defaultConnections(bodyMemory int64) int {
	return max(1, int(min(max(bodyMemory/memoryPerConnection, leastConnections), mostFiles()/8*7)))
}

// add lets a connection in; false: all that there may be are at work.
func (cs *conns) add(c *pacedConn) bool {
	cs.mu.Lock()
	broken, ok := cs.makeRoom()
	if ok {
		cs.all[c] = struct{}{}
		cs.units++
	}
	cs.mu.Unlock()
	breakAll(broken)
	return ok
}

func (cs *conns) remove(c *pacedConn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.drop(c)
}

// drop forgets a connection, with its requests. cs.mu is held.
func (cs *conns) drop(c *pacedConn) {
	if _, ok := cs.all[c]; ok {
		delete(cs.all, c)
		cs.units -= 1 + c.requests
	}
}

// addRequest counts a request of HTTP/2, and removeRequest ends that. A request for which there is no room breaks its connection.
func (cs *conns) addRequest(c *pacedConn) {
	cs.mu.Lock()
	broken, ok := cs.makeRoom()
	if _, open := cs.all[c]; open {
		c.requests++
		cs.units++
		if !ok {
			cs.drop(c)
			broken = append(broken, c)
		}
	}
	cs.mu.Unlock()
	breakAll(broken)
}

func (cs *conns) removeRequest(c *pacedConn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if _, ok := cs.all[c]; ok {
		c.requests--
		cs.units--
	}
}

// makeRoom makes room for one more, and gives the connections that are to be broken for it: a sixteenth of all, so that not
// each who comes has all looked through. cs.mu is held.
func (cs *conns) makeRoom() (broken []*pacedConn, ok bool) {
	if cs.units < cs.most {
		return nil, true
	}
	type waiting struct {
		conn  *pacedConn
		since time.Time
	}
	var found []waiting
	for c := range cs.all {
		if since, ok := c.idleSince(); ok {
			found = append(found, waiting{c, since})
		}
	}
	slices.SortFunc(found, func(a, b waiting) int { return a.since.Compare(b.since) })
	for _, w := range found {
		if cs.units < cs.most-cs.most/16 {
			break
		}
		cs.drop(w.conn)
		broken = append(broken, w.conn)
	}
	if now := time.Now(); now.Sub(cs.logged) > time.Minute {
		cs.logged = now
		cs.log.Warn("there are as many connections as may be: those that have waited longest are ended", "most", cs.most)
	}
	return broken, cs.units < cs.most
}

func breakAll(broken []*pacedConn) {
	for _, c := range broken {
		c.breakOff()
	}
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
	breakAll(waiting)
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
