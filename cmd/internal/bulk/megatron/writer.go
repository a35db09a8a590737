package megatron

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Writer writes the documents of one pair of files.
type Writer struct {
	typ     Type
	bin     *bufio.Writer
	lengths io.ReadWriteSeeker
	out     *bufio.Writer // to lengths
	buf     []byte
	// What was written.
	Sequences, Documents, Tokens int64
}

// NewWriter writes ids to bin. The lengths of the documents are kept in a file, so that memory
// does not grow with their number.
func NewWriter(t Type, bin io.Writer, lengths io.ReadWriteSeeker) *Writer {
	return &Writer{typ: t, bin: bufio.NewWriterSize(bin, 1<<20), lengths: lengths, out: bufio.NewWriterSize(lengths, 64<<10)}
}

// Add writes a document.
func (w *Writer) Add(ids []int32) error {
	if len(ids) > math.MaxInt32 {
		return fmt.Errorf("a document of %d ids: the index has no room for more than %d", len(ids), math.MaxInt32)
	}
	w.Documents++
	if len(ids) > 0 {
		w.Sequences++
	}
	w.Tokens += int64(len(ids))
	w.buf = w.typ.Append(w.buf[:0], ids)
	if _, err := w.bin.Write(w.buf); err != nil {
		return err
	}
	if cap(w.buf) > 16<<20 {
		w.buf = nil
	}
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(ids)))
	_, err := w.out.Write(length[:])
	return err
}

// Finish writes the index; bin is whole then.
func (w *Writer) Finish(idx io.Writer) error {
	if err := errors.Join(w.bin.Flush(), w.out.Flush()); err != nil {
		return err
	}
	out := bufio.NewWriterSize(idx, 256<<10)
	if _, err := out.Write(header(w.typ, w.Sequences, w.Documents)); err != nil {
		return err
	}
	var number [8]byte
	if err := w.each(func(n uint32) error {
		if n == 0 {
			return nil
		}
		binary.LittleEndian.PutUint32(number[:], n)
		_, err := out.Write(number[:4])
		return err
	}); err != nil {
		return err
	}
	put := func(n int64) error {
		binary.LittleEndian.PutUint64(number[:], uint64(n))
		_, err := out.Write(number[:])
		return err
	}
	at := int64(0)
	if err := w.each(func(n uint32) error {
		if n == 0 {
			return nil
		}
		begin := at
		at += int64(n) * w.typ.Size()
		return put(begin)
	}); err != nil {
		return err
	}
	sequence := int64(0)
	if err := w.each(func(n uint32) error {
		begin := sequence
		if n > 0 {
			sequence++
		}
		return put(begin)
	}); err != nil {
		return err
	}
	return errors.Join(put(sequence), out.Flush())
}

// each goes over the lengths of the documents.
func (w *Writer) each(do func(n uint32) error) error {
	if _, err := w.lengths.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(w.lengths, 64<<10)
	var length [4]byte
	for range w.Documents {
		if _, err := io.ReadFull(in, length[:]); err != nil {
			return err
		}
		if err := do(binary.LittleEndian.Uint32(length[:])); err != nil {
			return err
		}
	}
	return nil
}
