package blockhash

import (
	"crypto/sha256"
	"encoding/binary"
	"unicode/utf8"
)

// encoder writes Python values as the algorithms do: cbor2.dumps(canonical=True), or
// pickle.dumps(protocol=5), which is more than a format: its frames and its memo are hashed too.
type encoder struct {
	buf    []byte
	pickle bool
	frame  int            // where the length of the open frame stands
	memo   map[string]int // strings of this value that can come again
	memos  int
}

func (h *Hasher) encoder(size int) *encoder {
	return &encoder{buf: make([]byte, 0, size), pickle: h.algo == SHA256}
}

// Opcodes of pickle.
const (
	pProto, pFrame, pStop, pMark, pMemoize = 0x80, 0x95, '.', '(', 0x94
	pTuple, pTuple1, pNone                 = 't', 0x85, 'N'
	pInt1, pInt2, pInt4                    = 'K', 'M', 'J'
	pText1, pText4, pBytes1                = 0x8c, 'X', 'C'
	pGet1, pGet4                           = 'h', 'j'
)

// Major types of CBOR.
const (
	cUint, cNegative, cBytes, cText, cArray = 0, 1, 2, 3, 4
	cNull                                   = 0xf6
)

// frameTarget is the size from which pickle ends a frame.
const frameTarget = 64 << 10

func (e *encoder) begin() {
	e.buf, e.memos = e.buf[:0], 0
	clear(e.memo)
	if e.pickle {
		e.buf = append(e.buf, pProto, 5)
		e.open()
	}
}

func (e *encoder) sum() Hash {
	if e.pickle {
		e.buf = append(e.buf, pStop)
		e.close()
	}
	return sha256.Sum256(e.buf)
}

func (e *encoder) open() {
	e.buf = append(e.buf, pFrame, 0, 0, 0, 0, 0, 0, 0, 0)
	e.frame = len(e.buf)
}

func (e *encoder) close() {
	binary.LittleEndian.PutUint64(e.buf[e.frame-8:], uint64(len(e.buf)-e.frame))
}

// roll ends a frame that is full, where pickle looks: after each value.
func (e *encoder) roll() {
	if e.pickle && len(e.buf)-e.frame >= frameTarget {
		e.close()
		e.open()
	}
}

func (e *encoder) head(major byte, n uint64) {
	major <<= 5
	switch {
	case n < 24:
		e.buf = append(e.buf, major|byte(n))
	case n < 1<<8:
		e.buf = append(e.buf, major|24, byte(n))
	case n < 1<<16:
		e.buf = binary.BigEndian.AppendUint16(append(e.buf, major|25), uint16(n))
	case n < 1<<32:
		e.buf = binary.BigEndian.AppendUint32(append(e.buf, major|26), uint32(n))
	default:
		e.buf = binary.BigEndian.AppendUint64(append(e.buf, major|27), n)
	}
}

func (e *encoder) memoize() { e.buf, e.memos = append(e.buf, pMemoize), e.memos+1 }

// array begins a tuple of n values, which endArray ends. pickle marks those of more than three.
func (e *encoder) array(n int) {
	switch {
	case !e.pickle:
		e.head(cArray, uint64(n))
	case n > 3:
		e.buf = append(e.buf, pMark)
	}
}

func (e *encoder) endArray(n int) {
	if !e.pickle {
		return
	}
	if n > 3 {
		e.buf = append(e.buf, pTuple)
	} else {
		e.buf = append(e.buf, pTuple1+byte(n-1))
	}
	e.memoize()
	e.roll()
}

func (e *encoder) bytes(b []byte) {
	if !e.pickle {
		e.head(cBytes, uint64(len(b)))
		e.buf = append(e.buf, b...)
		return
	}
	e.buf = append(append(e.buf, pBytes1, byte(len(b))), b...)
	e.memoize()
}

func (e *encoder) text(s string) {
	switch {
	case !e.pickle:
		e.head(cText, uint64(len(s)))
		e.buf = append(e.buf, s...)
		return
	case len(s) < 256:
		e.buf = append(e.buf, pText1, byte(len(s)))
	default:
		e.buf = binary.LittleEndian.AppendUint32(append(e.buf, pText4), uint32(len(s)))
	}
	e.buf = append(e.buf, s...)
	e.memoize()
}

// value is a text that came with the request. Python has one object for the empty text, and
// for each of a single character up to U+00FF.
func (e *encoder) value(s string) {
	if r, n := utf8.DecodeRuneInString(s); s == "" || n == len(s) && r < 1<<8 {
		e.tag(s)
		return
	}
	e.text(s)
}

// tag is a text that is the same Python object at every occurrence: pickle refers to the first.
func (e *encoder) tag(s string) {
	if at, ok := e.memo[s]; ok && e.pickle {
		if at < 1<<8 {
			e.buf = append(e.buf, pGet1, byte(at))
		} else {
			e.buf = binary.LittleEndian.AppendUint32(append(e.buf, pGet4), uint32(at))
		}
		return
	}
	if e.memo == nil {
		e.memo = map[string]int{}
	}
	e.memo[s] = e.memos
	e.text(s)
}

func (e *encoder) integer(n int64) {
	switch {
	case !e.pickle && n < 0:
		e.head(cNegative, uint64(-1-n))
	case !e.pickle:
		e.head(cUint, uint64(n))
	case n >= 0 && n < 1<<8:
		e.buf = append(e.buf, pInt1, byte(n))
	case n >= 0 && n < 1<<16:
		e.buf = binary.LittleEndian.AppendUint16(append(e.buf, pInt2), uint16(n))
	default:
		e.buf = binary.LittleEndian.AppendUint32(append(e.buf, pInt4), uint32(n))
	}
	e.roll()
}

func (e *encoder) ids(ids []int32) {
	e.array(len(ids))
	for _, id := range ids {
		e.integer(int64(id))
	}
	e.endArray(len(ids))
}

// extra writes what generate_block_hash_extra_keys returns.
func (e *encoder) extra(p Prompt, media []Media, start int, salted bool) {
	n := len(media)
	if p.LoRA != nil {
		n++
	}
	if salted {
		n++
	}
	if n == 0 {
		e.buf = append(e.buf, map[bool]byte{true: pNone, false: cNull}[e.pickle])
		return
	}
	e.array(n)
	if p.LoRA != nil {
		e.array(3)
		e.tag("lora")
		e.value(p.LoRA.Name)
		e.value(p.LoRA.Path)
		e.endArray(3)
	}
	for _, m := range media {
		e.array(3)
		e.tag("mm")
		e.value(m.Hash)
		e.integer(int64(m.Offset - start))
		e.endArray(3)
	}
	if salted {
		e.array(2)
		e.tag("cache_salt")
		e.value(p.Salt)
		e.endArray(2)
	}
	e.endArray(n)
}
