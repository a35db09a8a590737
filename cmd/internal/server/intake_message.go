package server

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// frameHead is a flag, and the length of the message.
const frameHead = 5

// next reads a message.
func (in *intake) next() error {
	if err := in.await(); err != nil {
		return err
	}
	head := make([]byte, frameHead)
	n, err := io.ReadFull(in.body, head[:1])
	in.begin()
	defer in.came()
	if err == nil {
		var more int
		more, err = io.ReadFull(in.body, head[1:])
		n += more
	}
	switch size := int64(binary.BigEndian.Uint32(head[1:])); {
	case n == 0 && errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), err == nil && head[0] > 1:
		in.head, in.plain = head[:n], true
		return nil
	case err != nil:
		return in.cause(err)
	case size > in.s.o.MaxBody:
		return errTooLarge
	default:
		in.head = head
		return in.message(size)
	}
}

// message reads what the head has announced, and unpacks it.
func (in *intake) message(size int64) error {
	rc := receiver{s: in.s, cost: messageCost, base: in.base(), pace: &in.pace}
	err := rc.read(in.body, size)
	in.text, in.given = rc.into, 0
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil // gRPC will say it
	}
	if err != nil {
		return in.cause(err)
	}
	if in.head[0] == 1 && strings.EqualFold(in.encoding, "gzip") {
		return in.unpack()
	}
	return nil
}

// unpack replaces a packed message by what it holds: gRPC's handler would take any memory for it.
func (in *intake) unpack() error {
	packed := in.text
	defer in.s.release(packed)
	u := gzips.Get().(*unpacker)
	defer u.release()
	in.text = nil
	u.from = source{body: bytes.NewReader(packed.b), left: int64(len(packed.b))}
	rc := receiver{s: in.s, cost: messageCost, base: in.base(), pace: &in.pace}
	err := rc.read(u, -1)
	in.text, in.given = rc.into, 0
	var bad *packingError
	if errors.As(err, &bad) {
		return errPacked
	}
	if err != nil {
		return err
	}
	in.head[0] = 0
	binary.BigEndian.PutUint32(in.head[1:], uint32(len(in.text.b)))
	return nil
}

// cause is why reading failed: the intake's own doing, or the caller's.
func (in *intake) cause(err error) error {
	if own := in.failure(); own != nil {
		return own
	}
	if errors.Is(err, errMemory) || errors.Is(err, errTooLarge) {
		return err
	}
	return errGone
}

// base is what gRPC keeps of a message besides: nothing of the one that is read next.
func (in *intake) base() int64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.held) == 0 {
		return 0
	}
	return messageBase
}
