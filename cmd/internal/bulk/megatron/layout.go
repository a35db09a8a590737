package megatron

import "encoding/binary"

// The index, all numbers little-endian:
//
//	 0  9 bytes, "MMIDIDX\0\0"
//	 9  uint64, version 1
//	17  uint8, the type of an id
//	18  uint64, S, the number of sequences
//	26  uint64, D+1, one more than that of documents
//	34  int32[S], the length of each sequence in ids
//	    int64[S], where it begins in .bin, in bytes
//	    int64[D+1], the sequence with which each document begins, and S
//
// A sequence is a document here; a document without ids has none.
const (
	magic      = "MMIDIDX\x00\x00"
	version    = 1
	headerSize = 34
)

// Type is that of an id in .bin.
type Type byte

// The types that are written: two bytes where they do.
const (
	Int32  Type = 4
	Uint16 Type = 8
)

// TypeFor is what Megatron itself takes for a vocabulary of so many ids.
func TypeFor(words int) Type {
	if words < 65500 {
		return Uint16
	}
	return Int32
}

// Size is that of an id in bytes.
func (t Type) Size() int64 {
	if t == Uint16 {
		return 2
	}
	return 4
}

// Append appends ids as they stand in .bin.
func (t Type) Append(dst []byte, ids []int32) []byte {
	for _, id := range ids {
		if t == Uint16 {
			dst = binary.LittleEndian.AppendUint16(dst, uint16(id))
		} else {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(id))
		}
	}
	return dst
}

// ids reads what Append wrote.
func (t Type) ids(text []byte) []int32 {
	ids := make([]int32, 0, int64(len(text))/t.Size())
	for len(text) > 0 {
		if t == Uint16 {
			ids = append(ids, int32(binary.LittleEndian.Uint16(text)))
		} else {
			ids = append(ids, int32(binary.LittleEndian.Uint32(text)))
		}
		text = text[t.Size():]
	}
	return ids
}

func header(t Type, sequences, documents int64) []byte {
	h := append(make([]byte, 0, headerSize), magic...)
	h = binary.LittleEndian.AppendUint64(h, version)
	h = append(h, byte(t))
	h = binary.LittleEndian.AppendUint64(h, uint64(sequences))
	return binary.LittleEndian.AppendUint64(h, uint64(documents)+1)
}
