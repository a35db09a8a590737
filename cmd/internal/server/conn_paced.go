package server

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// pacedConn is a connection on whose caller no write waits for ever: what is written is taken
// within a time, and of a lot a least part in each such time. It is below TLS, so that
// everything is written through it: handshakes, answers of net/http's own, and frames that
// HTTP/2 owes. One whose caller does not read breaks. Safe for any number of goroutines.
type pacedConn struct {
	net.Conn
	limit time.Duration
	conns *conns

	mu      sync.Mutex
	writers int
	until   time.Time // when the writes under way are looked at, by limit
	set     time.Time // the deadline of the connection below; that of a write that is done stays
	asked   time.Time // what SetWriteDeadline was called with

	requests int // of HTTP/2 that are under way; it is conns'

	outer net.Conn  // nil: not known
	http2 bool      // as its first bytes, or its requests, say
	made  time.Time // when it was accepted
	read  time.Time // when something last came
	open  int       // requests that are not over: a client may still read an answer
	ended time.Time // when one last was

	atWork   int       // requests that have come and are not answered
	answered time.Time // when it was last answered
	calls    int       // requests that are worked on, of whose answers nothing has been written
	since    time.Time // when it last became none
}

// pacedListener is one of paced connections.
type pacedListener struct {
	net.Listener
	limit time.Duration
	conns *conns
}

func (l pacedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		p := &pacedConn{Conn: c, limit: l.limit, conns: l.conns, answered: time.Now(), made: time.Now()}
		if l.conns.add(p) {
			keepLittle(c)
			return p, nil
		}
		p.breakOff()
	}
}

// Read notes when something came.
func (c *pacedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.mu.Lock()
		if c.read.IsZero() && n >= 3 && string(p[:3]) == "PRI" {
			c.http2 = true
		}
		c.read = time.Now()
		c.mu.Unlock()
	}
	return n, err
}

// Write writes all of p, or breaks the connection. There is no ReadFrom beside it, which
// would write what nobody watches.
func (c *pacedConn) Write(p []byte) (int, error) {
	defer c.disarm()
	n, before := 0, -1
	for {
		if err := c.arm(n == 0 && before < 0); err != nil {
			return n, err
		}
		m, err := c.Conn.Write(p[n:])
		n += m
		if !errors.Is(err, os.ErrDeadlineExceeded) || c.overdue() {
			return n, err
		}
		// That it could not be handed to the kernel says little: that wakes a writer when much of
		// its buffer is free again. What the caller has taken of the buffer counts.
		held := unsent(c.Conn)
		if before >= 0 && m+before-held < leastBytes/2 {
			c.breakOff()
			return n, err
		}
		before = held
	}
}

// slack is the part of the limit by which a write may be looked at later, so that not each of a connection sets a
// deadline: that would be one before it and one after.
const slack = 16

// arm gives the writes under way half of the limit, after which is seen what has been taken.
func (c *pacedConn) arm(first bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if first {
		c.writers++
	}
	if least := time.Now().Add(c.limit / 2); c.until.Before(least) {
		c.until = least.Add(c.limit / slack)
	}
	return c.setDue()
}

func (c *pacedConn) disarm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writers--
}

// setDue sets when the writes under way end, if it is not set. c.mu is held.
func (c *pacedConn) setDue() error {
	due := c.due()
	if c.set.Equal(due) {
		return nil
	}
	c.set = due
	return c.Conn.SetWriteDeadline(due)
}

// due is when the writes under way end. c.mu is held.
func (c *pacedConn) due() time.Time {
	if !c.asked.IsZero() && c.asked.Before(c.until) {
		return c.asked
	}
	return c.until
}

// overdue reports whether the time that was set is over.
func (c *pacedConn) overdue() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.asked.IsZero() && !time.Now().Before(c.asked)
}

// SetWriteDeadline sets an end of writes that the limit does not move.
func (c *pacedConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = t
	if c.writers == 0 {
		return nil // each write sets its own
	}
	return c.setDue()
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *pacedConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// breakOff ends the connection at once. The kernel keeps nothing for a caller who does not read.
func (c *pacedConn) breakOff() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// Close is net.Conn's.
func (c *pacedConn) Close() error {
	c.conns.remove(c)
	return c.Conn.Close()
}

// CloseWrite is for net/http, see callerConn.
func (c *pacedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SyscallConn is syscall.Conn's.
func (c *pacedConn) SyscallConn() (syscall.RawConn, error) { return rawConn(c.Conn) }

// working notes that a request is worked on, and answering that its answer is being written,
// which depends on the caller. Both are nil's, too: requests in tests may have no connection.
func (c *pacedConn) working() {
	if c == nil {
		return
	}
	c.mu.Lock()
	c.calls++
	c.mu.Unlock()
}

func (c *pacedConn) answering() {
	if c == nil {
		return
	}
	c.mu.Lock()
	c.calls--
	c.answered = time.Now()
	if c.calls == 0 {
		c.since = c.answered
	}
	c.mu.Unlock()
}

// beginRequest notes that a request has begun, and endRequest that it is over. Those of HTTP/2 count besides their connection. Both are
// nil's too.
func (c *pacedConn) beginRequest(http2 bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	c.open++
	c.http2 = http2
	c.mu.Unlock()
	if http2 {
		c.conns.addRequest(c)
	}
}

func (c *pacedConn) endRequest(http2 bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	c.open--
	c.ended = time.Now()
	c.mu.Unlock()
	if http2 {
		c.conns.removeRequest(c)
	}
}

// startWork notes that a request has come as a whole and is worked on, and endWork that it is being answered. Both are nil's
// too.
func (c *pacedConn) startWork() {
	if c == nil {
		return
	}
	c.mu.Lock()
	c.atWork++
	c.mu.Unlock()
}

func (c *pacedConn) endWork() {
	if c == nil {
		return
	}
	c.mu.Lock()
	c.atWork--
	c.answered = time.Now()
	c.mu.Unlock()
}

// idleSince reports since when a connection has waited for its caller; false: a request of it is worked on.
func (c *pacedConn) idleSince() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answered, c.atWork == 0
}

// waits reports whether, since some time, the connection has waited for nothing but its caller.
func (c *pacedConn) waits(since time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls == 0 && c.since.Before(since)
}
