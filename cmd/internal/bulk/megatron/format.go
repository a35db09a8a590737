package megatron

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

// Format is Megatron's.
type Format struct {
	// Loss: beside each .bin is a .loss.
	Loss bool
}

const (
	binEnd  = ".bin"
	lossEnd = ".loss"
	idxEnd  = ".idx"
)

// Ends are those of the two files, or three.
func (m Format) Ends() []string {
	if m.Loss {
		return []string{binEnd, lossEnd, idxEnd}
	}
	return []string{binEnd, idxEnd}
}

// HoldsEmpty is true: such a document has no sequence.
func (Format) HoldsEmpty() bool { return true }

// OpensEmpty is false: a file of no bytes cannot be mapped into memory.
func (Format) OpensEmpty() bool { return false }

type shardWriter struct {
	*Writer
	loss  *bufio.Writer // nil without
	files format.Files
}

// Write begins a shard: the ids and loss masks before the index that points into them.
func (m Format) Write(s format.Shape, f format.Files) (format.Writer, error) {
	bin, err := f.Create(binEnd)
	if err != nil {
		return nil, err
	}
	var loss *bufio.Writer
	if m.Loss {
		out, err := f.Create(lossEnd)
		if err != nil {
			return nil, err
		}
		loss = bufio.NewWriterSize(out, 256<<10)
	}
	lengths, err := f.Scratch()
	if err != nil {
		return nil, err
	}
	return &shardWriter{NewWriter(TypeFor(s.Words), bin, lengths), loss, f}, nil
}

// Add writes a document.
func (w *shardWriter) Add(d format.Document) error {
	if err := w.Writer.Add(d.IDs); err != nil || w.loss == nil {
		return err
	}
	if err := d.CheckLoss(); err != nil {
		return err
	}
	_, err := w.loss.Write(d.Loss)
	return err
}

// Finish writes the index.
func (w *shardWriter) Finish() error {
	if w.loss != nil {
		if err := w.loss.Flush(); err != nil {
			return err
		}
	}
	idx, err := w.files.Create(idxEnd)
	if err != nil {
		return err
	}
	return w.Writer.Finish(idx)
}

type shardReader struct {
	*Reader
	loss *format.Masks
}

// Open opens the files of a shard, and checks their sizes.
func (m Format) Open(base string) (format.Reader, error) {
	r, err := Open(base+binEnd, base+idxEnd)
	if err != nil {
		return nil, err
	}
	if !m.Loss {
		return shardReader{Reader: r}, nil
	}
	loss, err := format.OpenMasks(base+lossEnd, r.binSize/r.typ.Size())
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return shardReader{r, loss}, nil
}

// Close gives the files back.
func (r shardReader) Close() error { return errors.Join(r.Reader.Close(), r.loss.Close()) }

// Documents is how many there are.
func (r shardReader) Documents() int64 { return r.Reader.Documents }

// Document is one by its number.
func (r shardReader) Document(n int64) (d format.Document, err error) {
	at, length, err := r.find(n)
	if err != nil {
		return d, err
	}
	if d.IDs, err = r.ids(at, length); err != nil {
		return d, err
	}
	err = r.loss.At(&d, at/r.typ.Size())
	return d, err
}

// Each goes over the documents in their order.
func (r shardReader) Each(do func(n int64, d format.Document) error) error {
	mask := r.loss.Each()
	return r.Reader.Each(func(n int64, ids []int32) error {
		if ids == nil {
			ids = []int32{}
		}
		d := format.Document{IDs: ids}
		if err := mask(&d); err != nil {
			return err
		}
		return do(n, d)
	})
}

// Merge puts shards together without a look at their ids.
func (m Format) Merge(s format.Shape, parts []format.Part, f format.Files) error {
	bin, err := f.Create(binEnd)
	if err != nil {
		return err
	}
	if m.Loss {
		loss, err := f.Create(lossEnd)
		if err != nil {
			return err
		}
		for _, p := range parts {
			if err := copyLoss(TypeFor(s.Words), p, loss); err != nil {
				return err
			}
		}
	}
	idx, err := f.Create(idxEnd)
	if err != nil {
		return err
	}
	pairs := make([]Part, len(parts))
	for i, p := range parts {
		pairs[i] = Part{Bin: p.Base + binEnd, Idx: p.Base + idxEnd, Documents: p.Documents, Empty: p.Empty}
	}
	return Merge(TypeFor(s.Words), pairs, bin, idx)
}

// copyLoss copies the loss masks of a part, as long as its ids are.
func copyLoss(t Type, p format.Part, to io.Writer) error {
	if p.Documents == 0 {
		return nil
	}
	bin, err := os.Stat(p.Base + binEnd)
	if err != nil {
		return err
	}
	loss, err := format.OpenMasks(p.Base+lossEnd, bin.Size()/t.Size())
	if err != nil {
		return err
	}
	return errors.Join(loss.CopyTo(to), loss.Close())
}
