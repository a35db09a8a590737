package datatrove

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

// Format is datatrove's.
type Format struct {
	// Loss: beside each .ds is a .ds.loss.
	Loss bool
}

const (
	idsEnd      = ".ds"
	lossEnd     = ".ds.loss"
	indexEnd    = ".ds.index"
	metadataEnd = ".ds.metadata"
)

// Ends are those of the three files, or four.
func (f Format) Ends() []string {
	if f.Loss {
		return []string{idsEnd, lossEnd, indexEnd, metadataEnd}
	}
	return []string{idsEnd, indexEnd, metadataEnd}
}

// HoldsEmpty is true: such a document ends where it begins.
func (Format) HoldsEmpty() bool { return true }

// OpensEmpty is false: a file of no bytes cannot be mapped into memory.
func (Format) OpensEmpty() bool { return false }

// sizeFor is how many bytes datatrove gives an id of a vocabulary.
func sizeFor(words int) int64 {
	if words > 1<<16 {
		return 4
	}
	return 2
}

type writer struct {
	shape    format.Shape
	size     int64 // of an id
	ids      *bufio.Writer
	loss     *bufio.Writer // nil without
	index    *bufio.Writer
	metadata io.Writer
	end      uint64
	buf      []byte
}

// Write begins a shard.
func (f Format) Write(s format.Shape, files format.Files) (format.Writer, error) {
	w := &writer{shape: s, size: sizeFor(s.Words)}
	ids, err := files.Create(idsEnd)
	if err != nil {
		return nil, err
	}
	if f.Loss {
		loss, err := files.Create(lossEnd)
		if err != nil {
			return nil, err
		}
		w.loss = bufio.NewWriterSize(loss, 256<<10)
	}
	index, err := files.Create(indexEnd)
	if err != nil {
		return nil, err
	}
	w.ids, w.index = bufio.NewWriterSize(ids, 1<<20), bufio.NewWriterSize(index, 64<<10)
	w.metadata, err = files.Create(metadataEnd)
	return w, err
}

// Add writes a document.
func (w *writer) Add(d format.Document) error {
	w.buf = w.buf[:0]
	for _, id := range d.IDs {
		if w.size == 2 {
			w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(id))
		} else {
			w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(id))
		}
	}
	if _, err := w.ids.Write(w.buf); err != nil {
		return err
	}
	if w.loss != nil {
		if err := d.CheckLoss(); err != nil {
			return err
		}
		if _, err := w.loss.Write(d.Loss); err != nil {
			return err
		}
	}
	if cap(w.buf) > 16<<20 {
		w.buf = nil
	}
	w.end += uint64(len(d.IDs))
	var end [8]byte
	binary.LittleEndian.PutUint64(end[:], w.end)
	_, err := w.index.Write(end[:])
	return err
}

// Finish writes what is left.
func (w *writer) Finish() error {
	_, err := fmt.Fprintf(w.metadata, "%s|%d\n%d\n%s", w.shape.Tokenizer, w.size, w.end, metric(w.end))
	if w.loss != nil {
		err = errors.Join(err, w.loss.Flush())
	}
	return errors.Join(err, w.ids.Flush(), w.index.Flush())
}
