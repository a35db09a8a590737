package megatron

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Reader reads a pair of files.
type Reader struct {
	bin, idx             *os.File
	typ                  Type
	Sequences, Documents int64
	binSize              int64
}

// Open opens a pair of files, and checks their sizes.
func Open(bin, idx string) (*Reader, error) {
	r := &Reader{}
	if err := r.open(bin, idx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Reader) open(bin, idx string) (err error) {
	if r.bin, err = os.Open(bin); err != nil {
		return err
	}
	if r.idx, err = os.Open(idx); err != nil {
		return err
	}
	info, err := r.bin.Stat()
	if err != nil {
		return err
	}
	r.binSize = info.Size()
	if info, err = r.idx.Stat(); err != nil {
		return err
	}
	h := make([]byte, headerSize)
	if _, err := r.idx.ReadAt(h, 0); err != nil || string(h[:9]) != magic || binary.LittleEndian.Uint64(h[9:]) != version {
		return fmt.Errorf("%s is no index of version %d", idx, version)
	}
	r.typ = Type(h[17])
	if r.typ != Int32 && r.typ != Uint16 {
		return fmt.Errorf("%s: ids of the type %d are not written by this program", idx, r.typ)
	}
	r.Sequences = int64(binary.LittleEndian.Uint64(h[18:]))
	r.Documents = int64(binary.LittleEndian.Uint64(h[26:])) - 1
	if r.Sequences < 0 || r.Documents < 0 || r.Sequences > info.Size() || r.Documents > info.Size() || r.end() != info.Size() {
		return fmt.Errorf("%s has %d bytes, which is not what %d sequences and %d documents take", idx, info.Size(), r.Sequences, r.Documents)
	}
	return nil
}

func (r *Reader) pointers() int64  { return headerSize + 4*r.Sequences }
func (r *Reader) documents() int64 { return headerSize + 12*r.Sequences }
func (r *Reader) end() int64       { return r.documents() + 8*(r.Documents+1) }

// Document is one document by its number.
func (r *Reader) Document(n int64) ([]int32, error) {
	at, length, err := r.find(n)
	if err != nil {
		return nil, err
	}
	return r.ids(at, length)
}

// ids are so many from a byte of .bin on.
func (r *Reader) ids(at, length int64) ([]int32, error) {
	text := make([]byte, length*r.typ.Size())
	_, err := r.bin.ReadAt(text, at)
	return r.typ.ids(text), err
}

// find is where in .bin a document begins, in bytes, and how many ids it has.
func (r *Reader) find(n int64) (at, length int64, err error) {
	if n < 0 || n >= r.Documents {
		return 0, 0, fmt.Errorf("there is no document %d: there are %d", n, r.Documents)
	}
	span := make([]byte, 16)
	if _, err := r.idx.ReadAt(span, r.documents()+8*n); err != nil {
		return 0, 0, err
	}
	first, last := int64(binary.LittleEndian.Uint64(span)), int64(binary.LittleEndian.Uint64(span[8:]))
	if first < 0 || last < first || last > r.Sequences || last > first+1 {
		return 0, 0, fmt.Errorf("%s: document %d is not one sequence", r.idx.Name(), n)
	}
	if first == last {
		return 0, 0, nil
	}
	if _, err := r.idx.ReadAt(span[:4], headerSize+4*first); err != nil {
		return 0, 0, err
	}
	if _, err := r.idx.ReadAt(span[8:], r.pointers()+8*first); err != nil {
		return 0, 0, err
	}
	length, at = int64(int32(binary.LittleEndian.Uint32(span))), int64(binary.LittleEndian.Uint64(span[8:]))
	if length < 0 || at < 0 || at+length*r.typ.Size() > r.binSize {
		return 0, 0, fmt.Errorf("%s: document %d lies beyond the end of %s", r.idx.Name(), n, r.bin.Name())
	}
	return at, length, nil
}

// Each goes over the documents in their order. What the index says is held against its rules:
// sequences back to back from 0 to the end of .bin, documents one after the other.
func (r *Reader) Each(do func(n int64, ids []int32) error) error {
	section := func(from, to int64) io.Reader {
		return bufio.NewReaderSize(io.NewSectionReader(r.idx, from, to-from), 64<<10)
	}
	lengths, pointers, documents := section(headerSize, r.pointers()), section(r.pointers(), r.documents()), section(r.documents(), r.end())
	bin := bufio.NewReaderSize(io.NewSectionReader(r.bin, 0, r.binSize), 256<<10)
	var failed error
	number := func(in io.Reader, size int) int64 {
		var b [8]byte
		if _, err := io.ReadFull(in, b[:size]); err != nil && failed == nil {
			failed = err
		}
		return int64(binary.LittleEndian.Uint64(b[:]))
	}
	wrong := func(n int64, what string) error {
		return errors.Join(failed, fmt.Errorf("%s: document %d: %s", r.idx.Name(), n, what))
	}
	at, sequence := int64(0), int64(0)
	if first := number(documents, 8); first != 0 {
		return wrong(0, "the first begins behind the first sequence")
	}
	for n := range r.Documents {
		next := number(documents, 8)
		if next != sequence && next != sequence+1 {
			return wrong(n, "is not one sequence")
		}
		if next == sequence {
			if err := do(n, nil); err != nil {
				return err
			}
			continue
		}
		sequence = next
		if sequence > r.Sequences {
			return wrong(n, "there are no more sequences")
		}
		length := number(lengths, 4)
		if begin := number(pointers, 8); begin != at || length == 0 || at+length*r.typ.Size() > r.binSize {
			return wrong(n, "its sequence does not begin where the one before it ends, or is beyond the end")
		}
		at += length * r.typ.Size()
		text := make([]byte, length*r.typ.Size())
		if _, err := io.ReadFull(bin, text); err != nil {
			return err
		}
		if err := do(n, r.typ.ids(text)); err != nil {
			return err
		}
	}
	if failed != nil || sequence != r.Sequences || at != r.binSize {
		return wrong(r.Documents, "the documents end before the sequences or the ids do")
	}
	return nil
}

// Close gives the files back.
func (r *Reader) Close() error {
	var err error
	for _, f := range []*os.File{r.bin, r.idx} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}
