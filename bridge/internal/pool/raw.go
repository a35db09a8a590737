package pool

import (
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// rawConn reads and writes a socket with less noise than the connection itself: the scheduler is not notified of system
// calls that do not block. With a busy worker a third of what a call costs here is threads that are woken for nothing.
// One may read and one write at a time.
type rawConn struct {
	conn syscall.RawConn
	in   transfer
	out  transfer
}

// transfer is one system call. Its function is made once, so that a call makes no garbage.
type transfer struct {
	buf  []byte
	n    int
	err  error
	call func(fd uintptr) bool
}

func newRawConn(c *net.UnixConn) (*rawConn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	r := &rawConn{conn: raw}
	r.in.call = func(fd uintptr) bool {
		r.in.n, r.in.err = sys.RawRead(fd, r.in.buf)
		return !errors.Is(r.in.err, syscall.EAGAIN) // then wait, and call again
	}
	r.out.call = func(fd uintptr) bool {
		r.out.n, r.out.err = sys.RawWrite(fd, r.out.buf)
		return true
	}
	return r, nil
}

// Read waits for something and reads it.
func (r *rawConn) Read(b []byte) (int, error) {
	t := &r.in
	t.buf = b
	if err := r.conn.Read(t.call); err != nil {
		return 0, err
	}
	if t.n == 0 && t.err == nil {
		return 0, io.EOF
	}
	return t.n, t.err
}

// tryWrite writes what can be written without waiting.
func (r *rawConn) tryWrite(b []byte) (int, error) {
	t := &r.out
	t.buf = b
	err := r.conn.Write(t.call)
	t.buf = nil
	if err != nil {
		return 0, err
	}
	if errors.Is(t.err, syscall.EAGAIN) {
		return 0, nil
	}
	return t.n, t.err
}
