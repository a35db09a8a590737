package pool

import (
	"fmt"
	"net"
	"os"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
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
	ours, theirs, err := sys.SocketPair()
	if err != nil {
		return l, fmt.Errorf("pool: %w", err)
	}
	l.theirs = append(l.theirs, theirs)
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
func (l *line) rights() []byte { return sys.Rights(l.theirs) }

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
