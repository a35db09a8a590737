package wire

import (
	"encoding/binary"

	"github.com/mistralbridge/mistralbridge/bridge/internal/preemptible"
)

// RequestHeaderSize is the number of bytes before a request's body.
const RequestHeaderSize = 24

// Header is everything of a request but its body.
type Header struct {
	Op     Op
	Handle uint32
	Flags  uint32
	Arg    int32
}

// NewFrame returns a frame with room for a body of about hint bytes; the
// caller appends the body and then calls [Seal].
func NewFrame(h Header, hint int) []byte {
	return h.write(make([]byte, RequestHeaderSize, RequestHeaderSize+hint))
}

// InPlace is NewFrame into the memory of f, whose length is of no account: the caller appends the body, and calls [Seal].
func InPlace(h Header, f []byte) []byte { return h.write(f[:RequestHeaderSize]) }

func (h Header) write(f []byte) []byte {
	clear(f)
	binary.LittleEndian.PutUint16(f[0:], Version)
	binary.LittleEndian.PutUint16(f[2:], uint16(h.Op))
	binary.LittleEndian.PutUint32(f[4:], h.Handle)
	binary.LittleEndian.PutUint32(f[8:], h.Flags)
	binary.LittleEndian.PutUint32(f[12:], uint32(h.Arg))
	return f
}

// Seal writes the body's length into the header and returns the frame.
func Seal(f []byte) []byte {
	binary.LittleEndian.PutUint64(f[16:], uint64(len(f)-RequestHeaderSize))
	return f
}

// Frame is NewFrame, append, Seal for a body that already exists as bytes.
func Frame[B ~[]byte | ~string](h Header, body B) []byte {
	return Seal(preemptible.Append(NewFrame(h, len(body)), body))
}

// ArgOf is the argument of a frame; NoArg if it has no header.
func ArgOf(f []byte) int32 {
	if len(f) < RequestHeaderSize {
		return NoArg
	}
	return int32(binary.LittleEndian.Uint32(f[12:]))
}

// OpOf is the operation of a frame; 0 if it has none.
func OpOf(f []byte) Op {
	if len(f) < RequestHeaderSize {
		return 0
	}
	return Op(binary.LittleEndian.Uint16(f[2:]))
}
