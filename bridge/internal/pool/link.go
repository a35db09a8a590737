package pool

import (
	"fmt"
	"net"
	"os"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// link is our end of the connections to a process: its socket, its standard error and its lifeline.
type link struct {
	conn       *net.UnixConn
	stderr     *os.File
	lifeline   *os.File
	childFiles []*os.File // socket, standard error, lifeline: until they are handed over
}

func newLink() (l *link, err error) {
	l = &link{}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	ours, child, err := sys.SocketPair()
	if err != nil {
		return l, fmt.Errorf("pool: %w", err)
	}
	l.childFiles = append(l.childFiles, child)
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
	l.childFiles = append(l.childFiles, w)
	if r, l.lifeline, err = os.Pipe(); err != nil {
		return l, err
	}
	l.childFiles = append(l.childFiles, r)
	return l, nil
}

// rights are the descriptors to hand over.
func (l *link) rights() []byte { return sys.Rights(l.childFiles) }

// closeChildFiles closes our copies of the descriptors that the process has.
func (l *link) closeChildFiles() {
	for _, f := range l.childFiles {
		_ = f.Close()
	}
	l.childFiles = nil
}

func (l *link) close() {
	l.closeChildFiles()
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
