package server

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// While a request is worked on, net/http looks whether the connection ends, and takes an end
// of the caller's sending side for the end of the caller. Some callers close that side when
// they have sent the request, and wait for the answer.
//
// TCP does not distinguish the two, but a caller that has gone refuses what is sent. So the first
// byte of the answer, which is known, is sent at once.

// callerConn is a connection without TLS. What net/http reads while a request is worked on
// ends only when the caller has gone. Safe for the goroutines of net/http.
type callerConn struct {
	net.Conn
	mu        sync.Mutex
	closed    bool // the caller sends no more
	answering bool // a request is worked on, and nothing of its answer has been written
	ahead     bool // the first byte of the answer has been sent
}

// firstByte is that of "HTTP/1.1".
const firstByte = 'H'

// interim begins what net/http writes before an answer.
const interim = "HTTP/1.1 100 "

type callerListener struct{ net.Listener }

func (l callerListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &callerConn{Conn: c}, nil
}

type callerKey struct{}

// withCaller lets handlers find the connection of a request.
func withCaller(ctx context.Context, c net.Conn) context.Context {
	ctx = context.WithValue(ctx, callerKey{}, c)
	if p := pacedOf(ctx); p != nil {
		p.mu.Lock()
		p.outer = c
		p.mu.Unlock()
	}
	return ctx
}

// Read passes an end on to the reader of a request. net/http reads a single byte only while
// a request is worked on, and more than that at any other time.
func (c *callerConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if len(p) != 1 || !errors.Is(err, io.EOF) {
		return n, err
	}
	c.mu.Lock()
	c.closed = true
	c.probe()
	c.mu.Unlock()
	if err := awaitEvents(c.Conn, 0); err != nil {
		return n, err
	}
	return n, net.ErrClosed
}

// probe sends the first byte of an answer that a caller who may have gone waits for. c.mu is
// held.
func (c *callerConn) probe() {
	if !c.closed || !c.answering || c.ahead {
		return
	}
	raw, err := rawConn(c.Conn)
	if err != nil {
		return
	}
	_ = raw.Write(func(fd uintptr) bool {
		c.ahead = sendByte(fd, firstByte)
		return true // it does not wait for room
	})
}

// begin records that a request of HTTP/1 is worked on from now on, and end that it no
// longer is.
func (c *callerConn) begin() {
	c.mu.Lock()
	c.answering = true
	c.probe()
	c.mu.Unlock()
}

func (c *callerConn) end() {
	c.mu.Lock()
	c.answering = false
	c.mu.Unlock()
}

// Write writes what has not been sent ahead.
func (c *callerConn) Write(p []byte) (int, error) {
	sent := c.takeAhead(p)
	n, err := c.Conn.Write(p[sent:])
	return sent + n, err
}

// CloseWrite lets net/http end a connection without a reset, which could cost the caller an
// answer that is still on its way.
func (c *callerConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

func (c *callerConn) takeAhead(p []byte) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(p) < len(interim) || string(p[:len(interim)]) != interim {
		c.answering = false
	}
	if !c.ahead || len(p) == 0 {
		return 0
	}
	c.ahead = false
	return 1
}

// watchCaller gives a request of HTTP/1 a context that ends when the caller has gone; done is to
// be called when it is answered.
func watchCaller(r *http.Request) (attended *http.Request, done func()) {
	switch c := r.Context().Value(callerKey{}).(type) {
	case *callerConn:
		c.begin()
		return r, c.end
	case *tls.Conn:
		// TLS has a word for the end of one side, and no way to send an answer's first byte
		// below net/http. A caller that closes the connection below TLS too has gone.
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
		stop := context.AfterFunc(r.Context(), func() {
			if awaitEvents(c.NetConn(), endOfInput) == nil {
				cancel()
			}
		})
		return r.WithContext(ctx), func() {
			stop()
			cancel()
		}
	}
	return r, func() {}
}

func rawConn(c net.Conn) (syscall.RawConn, error) {
	sys, ok := c.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return sys.SyscallConn()
}
