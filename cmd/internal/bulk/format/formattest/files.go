// Package formattest holds what the tests of all formats share.
package formattest

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

// files makes the files of a shard in a directory.
type files struct {
	base string
	made []*os.File
}

func (f *files) Create(end string) (io.Writer, error) {
	if err := os.MkdirAll(filepath.Dir(f.base+end), 0o700); err != nil {
		return nil, err
	}
	out, err := os.Create(f.base + end)
	f.made = append(f.made, out)
	return out, err
}

func (f *files) Scratch() (io.ReadWriteSeeker, error) {
	out, err := os.CreateTemp(filepath.Dir(f.base), "scratch")
	if err == nil {
		f.made = append(f.made, out)
		err = os.Remove(out.Name())
	}
	return out, err
}

// Write writes documents to files whose names begin with base.
func Write(f format.Format, s format.Shape, base string, documents []format.Document) (err error) {
	out := &files{base: base}
	defer func() {
		for _, made := range out.made {
			err = errors.Join(err, made.Close())
		}
	}()
	w, err := f.Write(s, out)
	if err != nil {
		return err
	}
	for _, d := range documents {
		if err := w.Add(d); err != nil {
			return err
		}
	}
	return w.Finish()
}

// Read reads them.
func Read(f format.Format, base string) (documents []format.Document, err error) {
	r, err := f.Open(base)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	err = r.Each(func(n int64, d format.Document) error {
		if n != int64(len(documents)) {
			return errors.New("another document was expected")
		}
		documents = append(documents, d)
		return nil
	})
	if err == nil && r.Documents() != int64(len(documents)) {
		err = errors.New("there are more or fewer documents than it says")
	}
	return documents, err
}
