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
	room int   // that is left before it
	base int64 // and this besides, of one that waits for others
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
	rc.into = getBuffer(rc.room)
	rc.into.b, rc.into.room = rc.into.b[:rc.room], rc.room
	if announced == 0 {
		return rc.grow(0)
	}
	defer context.AfterFunc(rc.s.cutting, rc.pace.cut)()
	for room := int64(0); ; {
		have := int64(len(rc.into.body()))
		if have == room {
			if have == announced {
				return nil
			}
			room = min(max(2*room, firstStep), most)
			if err := rc.grow(room); err != nil {
				return err
			}
		}
		at := len(rc.into.b)
		n, err := from.Read(rc.into.b[at : at+int(min(room-have, pieceBytes))])
		rc.into.b = rc.into.b[:at+n]
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
	want := min(rc.cost*room+rc.base, rc.s.largeMemory)
	if more := want - rc.into.held.bytes; more > 0 && !rc.s.reserve(&rc.into.held, more, room > smallBody || rc.base > 0) {
		return errMemory
	}
	if cap(rc.into.b) >= rc.room+int(room) {
		return nil
	}
	grown := getBuffer(rc.room + int(room))
	for from := rc.into.b; len(from) > 0; from = from[min(pieceBytes, len(from)):] {
		grown.b = append(grown.b, from[:min(pieceBytes, len(from))]...)
		if len(from) > pieceBytes {
			runtime.Gosched() // a collector waits for a copy, and everybody for the collector
		}
	}
	grown.room, grown.held, rc.into.held = rc.into.room, rc.into.held, reservation{}
	putBuffer(rc.into)
	rc.into = grown
	return nil
}
