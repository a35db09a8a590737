package server

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// next reads a line that is not empty, without the space around it. It is good until the
// next one.
func (t *textStream) next() ([]byte, error) {
	var whole []byte
	for {
		if len(whole) == 0 {
			if err := t.await(); err != nil {
				return nil, err
			}
			if _, err := t.lines.Peek(1); err != nil {
				return nil, t.cause(err)
			}
			t.came()
		}
		part, err := t.lines.ReadSlice('\n')
		t.x.received += len(part)
		if len(whole)+len(part) > maxLine {
			return nil, errLongLine
		}
		whole = append(whole, part...)
		if more := streamBase + lineCost*int64(len(whole)) - t.held.bytes; more > 0 && !t.x.s.reserve(&t.held, more, len(whole) > smallBody) {
			return nil, bridge.ErrOverloaded
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, t.cause(err)
		}
		if line := bytes.TrimSpace(whole); len(line) > 0 {
			t.pace.set(time.Now().Add(never)) // who reads his answers slowly need not send meanwhile
			return line, nil
		}
		whole = whole[:0]
	}
}

// await gives the next line its time to begin, and came the rest of it its own to come.
func (t *textStream) await() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return t.err
	}
	if t.lines.Buffered() > 0 {
		return nil
	}
	if t.x.s.draining.Err() != nil {
		return engine.ErrDraining
	}
	t.waiting = true
	t.pace.set(time.Now().Add(t.x.s.o.StreamIdle))
	return nil
}

func (t *textStream) came() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = false
	if t.err == nil {
		t.pace.set(time.Now().Add(t.x.s.o.ReadTimeout))
	}
}

// drain ends a stream that waits for a line when the server ends: none has to come.
func (t *textStream) drain() {
	t.mu.Lock()
	waiting := t.waiting
	t.mu.Unlock()
	if waiting {
		t.stop(engine.ErrDraining)
	}
}

// stop ends the reading.
func (t *textStream) stop(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
		t.pace.set(time.Now())
	}
}

// cause is why reading failed: the server's own doing, or the caller's.
func (t *textStream) cause(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.err != nil:
		return t.err
	case t.pace.over(err):
		return errSlow
	case errors.Is(err, io.EOF):
		return io.EOF
	case hasGone(t.x.r, err):
		return errGone
	}
	return errBroken
}

var (
	errBroken   = errors.New("the body cannot be read")
	errLongLine = &mistral.InputError{Place: "tokens", Offset: -1, Err: errors.New("a line has at most 128 KiB: send the rest in the next")}
	errManyIDs  = errors.New("a line has at most 16384 ids: send the rest in the next")
)
