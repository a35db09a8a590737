package megatron

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Part is a pair of files that is merged, or documents without ids, which have no files.
type Part struct {
	Bin, Idx         string
	Documents, Empty int64 // with ids and without
}

// Merge writes parts one after the other, as if they had been written as one. Memory does not
// grow with their number or size.
func Merge(t Type, parts []Part, bin, idx io.Writer) error {
	var sequences, documents int64
	for _, p := range parts {
		sequences += p.Documents
		documents += p.Documents + p.Empty
	}
	out := bufio.NewWriterSize(idx, 256<<10)
	if _, err := out.Write(header(t, sequences, documents)); err != nil {
		return err
	}
	if err := each(t, parts, func(r *Reader, _ Part) error {
		if r == nil {
			return nil
		}
		_, err := io.Copy(out, io.NewSectionReader(r.idx, headerSize, 4*r.Sequences))
		return err
	}); err != nil {
		return err
	}
	at := int64(0)
	if err := each(t, parts, func(r *Reader, _ Part) error {
		if r == nil {
			return nil
		}
		if err := shift(out, io.NewSectionReader(r.idx, r.pointers(), 8*r.Sequences), r.Sequences, at); err != nil {
			return err
		}
		at += r.binSize
		_, err := io.Copy(bin, io.NewSectionReader(r.bin, 0, r.binSize))
		return err
	}); err != nil {
		return err
	}
	sequence := int64(0)
	if err := each(t, parts, func(r *Reader, p Part) error {
		if r == nil {
			for range p.Empty {
				if err := put(out, sequence); err != nil {
					return err
				}
			}
			return nil
		}
		// The last entry is the first of the next part, or the end.
		if err := shift(out, io.NewSectionReader(r.idx, r.documents(), 8*r.Documents), r.Documents, sequence); err != nil {
			return err
		}
		sequence += r.Sequences
		return nil
	}); err != nil {
		return err
	}
	return errors.Join(put(out, sequence), out.Flush())
}

// each opens the parts one by one; those without ids are nil.
func each(t Type, parts []Part, do func(*Reader, Part) error) error {
	for _, p := range parts {
		if p.Documents == 0 {
			if err := do(nil, p); err != nil {
				return err
			}
			continue
		}
		r, err := Open(p.Bin, p.Idx)
		if err != nil {
			return err
		}
		if r.typ != t || r.Sequences != p.Documents || r.Documents != p.Documents+p.Empty {
			err = fmt.Errorf("%s has %d documents of the type %d, %d of them empty, where %d of the type %d, and %d, were expected", p.Idx,
				r.Documents, r.typ, r.Documents-r.Sequences, p.Documents+p.Empty, t, p.Empty)
		} else {
			err = do(r, p)
		}
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// shift copies n numbers, each larger by so much.
func shift(out io.Writer, in io.Reader, n, by int64) error {
	r := bufio.NewReaderSize(in, 64<<10)
	var number [8]byte
	for range n {
		if _, err := io.ReadFull(r, number[:]); err != nil {
			return err
		}
		if err := put(out, int64(binary.LittleEndian.Uint64(number[:]))+by); err != nil {
			return err
		}
	}
	return nil
}

func put(out io.Writer, n int64) error {
	var number [8]byte
	binary.LittleEndian.PutUint64(number[:], uint64(n))
	_, err := out.Write(number[:])
	return err
}
