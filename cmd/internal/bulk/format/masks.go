package format

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// Masks are the loss masks of a shard in a file of their own, a byte an id. A format without any has nil.
type Masks struct {
	file *os.File
	ids  int64
}

// OpenMasks opens those of so many ids.
func OpenMasks(path string, ids int64) (*Masks, error) {
	f, size, err := Sized(path)
	if err != nil {
		return nil, err
	}
	if size != ids {
		return nil, errors.Join(fmt.Errorf("%s has %d bytes, and there are %d ids", path, size, ids), f.Close())
	}
	return &Masks{f, ids}, nil
}

// Close gives the file back.
func (m *Masks) Close() error {
	if m == nil {
		return nil
	}
	return m.file.Close()
}

// At reads the mask of d, whose first id is number at of the shard.
func (m *Masks) At(d *Document, at int64) error {
	if m == nil {
		return nil
	}
	return m.read(d, at, io.NewSectionReader(m.file, at, m.ids-at))
}

// Each returns what reads the masks of all documents, one after the other.
func (m *Masks) Each() func(d *Document) error {
	if m == nil {
		return func(*Document) error { return nil }
	}
	from, at := bufio.NewReaderSize(io.NewSectionReader(m.file, 0, m.ids), 64<<10), int64(0)
	return func(d *Document) error {
		err := m.read(d, at, from)
		at += int64(len(d.IDs))
		return err
	}
}

// CopyTo writes all of them.
func (m *Masks) CopyTo(to io.Writer) error {
	_, err := io.Copy(to, m.file)
	return err
}

func (m *Masks) read(d *Document, at int64, from io.Reader) error {
	d.Loss = make([]byte, len(d.IDs))
	_, err := io.ReadFull(from, d.Loss)
	if err == nil {
		err = d.CheckLoss()
	}
	if err != nil {
		return fmt.Errorf("%s: from byte %d on: %w", m.file.Name(), at, err)
	}
	return nil
}
