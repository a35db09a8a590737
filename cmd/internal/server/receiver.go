package server

import (
	"context"
	"errors"
	"io"
	"runtime"
)

// receiver takes a body in. Memory is reserved for what has come, not for what was announced.
type receiver struct {
	s    *Server
	into *buffer
	cost int64 // times its size is what a body takes up
	pace *pace
}

// firstStep is what is reserved before anything has come.
const firstStep = 4 << 10

// read reads a body of which that many bytes were announced; -1: nobody knows. What it has
// reserved is into's, also when it fails.
func (rc *receiver) read(from io.Reader, announced int64) error {
	most := rc.s.o.MaxBody + 1
	if announced >= 0 {
		most = announced
	}
	rc.into = getBuffer(0)
	if announced == 0 {
		return nil
	}
	defer context.AfterFunc(rc.s.cutting, rc.pace.cut)()
	for room := int64(0); ; {
		have := int64(len(rc.into.b))
		if have == room {
			if have == announced {
				return nil
			}
			room = min(max(2*room, firstStep), most)
			if err := rc.grow(room); err != nil {
				return err
			}
		}
		n, err := from.Read(rc.into.b[have:min(room, have+pieceBytes)])
		rc.into.b = rc.into.b[:have+int64(n)]
		rc.pace.read(n, room > smallBody)
		have += int64(n)
		switch {
		case have == announced:
			return nil
		case announced < 0 && have == most:
			return errTooLarge
		case errors.Is(err, io.EOF) && announced < 0:
			return nil
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil && rc.pace.over(err):
			return errSlow
		case err != nil:
			return err
		}
		if n == pieceBytes {
			runtime.Gosched()
		}
	}
}

// pieceBytes is how much is copied before others may have the processor: what comes over
// a fast connection never waits, and the runtime takes a processor away only after 10 ms.
const pieceBytes = 256 << 10

// grow makes room for that many bytes.
func (rc *receiver) grow(room int64) error {
	// One of the largest is let in where it is alone, whatever it takes up.
	want := min(rc.cost*room, rc.s.largeMemory)
	if more := want - rc.into.reserved; more > 0 {
		if !rc.s.reserve(more, room > smallBody) {
			return errMemory
		}
		rc.into.reserved = want
	}
	if int64(cap(rc.into.b)) >= room {
		return nil
	}
	grown := getBuffer(int(room))
	grown.b = append(grown.b, rc.into.b...)
	grown.reserved, rc.into.reserved = rc.into.reserved, 0
	putBuffer(rc.into)
	rc.into = grown
	return nil
}
