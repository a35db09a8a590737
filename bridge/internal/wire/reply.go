package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// ReplyHeaderSize is the number of bytes before a reply's body.
const ReplyHeaderSize = 32

// Status of a reply.
const (
	StatusOK    uint16 = 0
	StatusError uint16 = 1
)

// Flags of a reply.
const (
	ReplyJSON     uint32 = 1 << iota // Body is JSON; otherwise text, or nothing
	ReplyWarnings                    // the first buffer holds the Python warnings of the call
	ReplyLogs                        // the next buffer holds what Python logged or printed
	ReplyPacked                      // embedded: the ints come as int32 bytes and not as a list
)

// Reply is an answer of pyshim, owned by its holder.
type Reply struct {
	Status uint16
	Flags  uint32
	Aux    uint64 // a number that the operation defines, such as a token count
	Body   []byte
	Ints   []int32
	Bufs   [][]byte
}

// ErrFrame is the root of every malformed frame.
var ErrFrame = errors.New("wire: malformed frame")

// ReplyHeader is the fixed part of a reply.
type ReplyHeader struct {
	Status  uint16
	Flags   uint32
	Ints    uint32
	Bufs    uint32
	BodyLen uint64
	Aux     uint64
}

// ParseReplyHeader reads the fixed part of a reply.
func ParseReplyHeader(b []byte) (ReplyHeader, error) {
	if len(b) < ReplyHeaderSize {
		return ReplyHeader{}, fmt.Errorf("%w: a reply of %d bytes has no header", ErrFrame, len(b))
	}
	if v := binary.LittleEndian.Uint16(b); v != Version {
		return ReplyHeader{}, fmt.Errorf("%w: codec version %d, this program speaks %d", ErrFrame, v, Version)
	}
	return ReplyHeader{
		Status:  binary.LittleEndian.Uint16(b[2:]),
		Flags:   binary.LittleEndian.Uint32(b[4:]),
		Ints:    binary.LittleEndian.Uint32(b[8:]),
		Bufs:    binary.LittleEndian.Uint32(b[12:]),
		BodyLen: binary.LittleEndian.Uint64(b[16:]),
		Aux:     binary.LittleEndian.Uint64(b[24:]),
	}, nil
}

// Assemble makes a Reply of parts that crossed separately: head is header and
// body in one, as Python returned it. The reply keeps head, ints and bufs.
func (r *Reply) Assemble(head []byte, ints []int32, bufs [][]byte) error {
	h, err := ParseReplyHeader(head)
	if err != nil {
		return err
	}
	switch {
	case h.BodyLen != uint64(len(head)-ReplyHeaderSize):
		return fmt.Errorf("%w: body of %d bytes, header says %d", ErrFrame, len(head)-ReplyHeaderSize, h.BodyLen)
	case uint64(h.Ints) != uint64(len(ints)):
		return fmt.Errorf("%w: %d ints, header says %d", ErrFrame, len(ints), h.Ints)
	case uint64(h.Bufs) != uint64(len(bufs)):
		return fmt.Errorf("%w: %d buffers, header says %d", ErrFrame, len(bufs), h.Bufs)
	}
	*r = Reply{Status: h.Status, Flags: h.Flags, Aux: h.Aux, Body: head[ReplyHeaderSize:], Ints: ints, Bufs: bufs}
	return nil
}

// ParseReply reads a flattened reply, as it comes over a pipe. The reply
// aliases b except for Ints.
func ParseReply(b []byte) (Reply, error) {
	var r Reply
	h, err := ParseReplyHeader(b)
	if err != nil {
		return r, err
	}
	rest := b[ReplyHeaderSize:]
	if h.BodyLen > uint64(len(rest)) || uint64(h.Ints)*4 > uint64(len(rest))-h.BodyLen {
		return r, fmt.Errorf("%w: truncated", ErrFrame)
	}
	head := b[: ReplyHeaderSize+h.BodyLen : ReplyHeaderSize+h.BodyLen]
	rest = rest[h.BodyLen:]
	ints := Int32s(rest[:4*uint64(h.Ints)])
	return JoinReply(h, head, ints, rest[4*uint64(h.Ints):])
}

// JoinReply is ParseReply of a reply whose parts were read one by one: what its header says, header and body, the ints, and the buffers, each
// behind its length. The reply keeps them.
func JoinReply(h ReplyHeader, head []byte, ints []int32, rest []byte) (r Reply, err error) {
	var bufs [][]byte
	for range h.Bufs {
		if len(rest) < 8 {
			return r, fmt.Errorf("%w: truncated", ErrFrame)
		}
		n := binary.LittleEndian.Uint64(rest)
		rest = rest[8:]
		if n > uint64(len(rest)) {
			return r, fmt.Errorf("%w: truncated", ErrFrame)
		}
		bufs = append(bufs, rest[:n:n])
		rest = rest[n:]
	}
	if len(rest) != 0 {
		return r, fmt.Errorf("%w: %d bytes too many", ErrFrame, len(rest))
	}
	return r, r.Assemble(head, ints, bufs)
}

// Int32s decodes little-endian int32 values; nil for none.
func Int32s(b []byte) []int32 {
	if len(b) < 4 {
		return nil
	}
	return ReadInt32s(nil, b)
}

// ReadInt32s appends little-endian int32 values to dst.
func ReadInt32s(dst []int32, b []byte) []int32 {
	have := len(dst)
	dst = slices.Grow(dst, len(b)/4)[:have+len(b)/4]
	for i := range dst[have:] {
		dst[have+i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return dst
}

// AppendInt32s appends values as little-endian int32.
func AppendInt32s(dst []byte, v []int32) []byte {
	for _, x := range v {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(x))
	}
	return dst
}
