package pool

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// line is our side of a process: its socket, its standard error and its lifeline.
type line struct {
	conn     *net.UnixConn
	stderr   *os.File
	lifeline *os.File
	theirs   []*os.File // socket, standard error, lifeline: until they are handed over
}

func newLine() (l *line, err error) {
	l = &line{}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return l, fmt.Errorf("pool: socketpair: %w", err)
	}
	ours := os.NewFile(uintptr(fds[0]), "pool")
	l.theirs = append(l.theirs, os.NewFile(uintptr(fds[1]), "worker"))
	c, err := net.FileConn(ours)
	_ = ours.Close() // FileConn has a copy
	if err != nil {
		return l, err
	}
	l.conn = c.(*net.UnixConn) //nolint:forcetypeassert // it is one
	var w, r *os.File
	if l.stderr, w, err = os.Pipe(); err != nil {
		return l, err
	}
	l.theirs = append(l.theirs, w)
	if r, l.lifeline, err = os.Pipe(); err != nil {
		return l, err
	}
	l.theirs = append(l.theirs, r)
	return l, nil
}

// rights are the descriptors to hand over.
func (l *line) rights() []byte {
	fds := make([]int, len(l.theirs))
	for i, f := range l.theirs {
		fds[i] = int(f.Fd())
	}
	return syscall.UnixRights(fds...)
}

// handedOver closes our copies of the other side.
func (l *line) handedOver() {
	for _, f := range l.theirs {
		_ = f.Close()
	}
	l.theirs = nil
}

func (l *line) close() {
	l.handedOver()
	if l.conn != nil {
		_ = l.conn.Close()
	}
	if l.lifeline != nil {
		_ = l.lifeline.Close()
	}
	if l.stderr != nil {
		_ = l.stderr.Close()
	}
}
