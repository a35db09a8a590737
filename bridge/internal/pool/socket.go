package pool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

const (
	// faultBit in the length of an answer: what follows says why there is no reply.
	faultBit = 1 << 63
	// maxReply is more than any honest answer.
	maxReply = 8 << 30
	// trusted is how much is allocated on the word of a length alone.
	trusted = 64 << 20
)

var errTooLong = errors.New("the length of the answer cannot be true")

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

// readAnswer reads a length and what it announces.
func readAnswer(r io.Reader) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	return readBody(r, binary.LittleEndian.Uint64(head[:]))
}

// readReply reads what a worker answers: a length, the number of the job, and the reply, or why there is none.
func readReply(r io.Reader) (serial uint64, data []byte, fault bool, err error) {
	var head [16]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, false, err
	}
	n := binary.LittleEndian.Uint64(head[:])
	data, err = readBody(r, n&^faultBit)
	return binary.LittleEndian.Uint64(head[8:]), data, n&faultBit != 0, err
}

func readBody(r io.Reader, n uint64) ([]byte, error) {
	if n > maxReply {
		return nil, errTooLong
	}
	data := make([]byte, min(n, trusted))
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	for uint64(len(data)) < n {
		have := len(data)
		data = append(data, make([]byte, min(n-uint64(have), uint64(have)))...)
		if _, err := io.ReadFull(r, data[have:]); err != nil {
			return nil, err
		}
	}
	return data, nil
}
