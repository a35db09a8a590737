package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Sum says what is in a file.
type Sum struct {
	Name   string `json:"name"` // in the store
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// File is a file that is being written under a temporary name.
type File struct {
	dir  *Dir
	name string
	f    *os.File
	hash hash.Hash
	size int64
}

// Create begins a file of the store. Publish or Discard has to follow.
func (d *Dir) Create(name string) (*File, error) {
	f, err := d.Scratch(filepath.Base(name))
	if err != nil {
		return nil, err
	}
	return &File{dir: d, name: name, f: f, hash: sha256.New()}, nil
}

// Scratch is a file that is no result; the caller removes it.
func (d *Dir) Scratch(name string) (*os.File, error) {
	path := filepath.Join(d.temp, fmt.Sprintf("%d-%s", d.files.Add(1), name))
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666) // as the user's umask has it
}

// Write appends.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	f.hash.Write(p[:n])
	f.size += int64(n)
	return n, err
}

// Discard gives the file up. After Publish it does nothing.
func (f *File) Discard() {
	if f.f != nil {
		_ = f.f.Close()
		_ = os.Remove(f.f.Name())
		f.f = nil
	}
}

// Publish gives the file its name, for good. Where there is one of that name already, it has
// to be the same: a *ConflictError says that it is not.
func (f *File) Publish() (Sum, error) {
	sum := Sum{f.name, f.size, hex.EncodeToString(f.hash.Sum(nil))}
	defer f.Discard()
	f.dir.at("written " + f.name)
	if err := f.f.Sync(); err != nil {
		return sum, err
	}
	f.dir.at("synced " + f.name)
	path := f.dir.Path(f.name)
	if err := f.dir.makeParent(path); err != nil {
		return sum, err
	}
	switch err := os.Link(f.f.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		if err := f.dir.compare(sum, f.f.Name()); err != nil {
			return sum, err
		}
	case err != nil:
		return sum, fmt.Errorf("%w; the output needs a file system with hard links", err)
	}
	f.dir.at("linked " + f.name)
	if err := syncDir(filepath.Dir(path)); err != nil {
		return sum, err
	}
	f.dir.at("settled " + f.name)
	return sum, nil
}

// Put publishes a file of these bytes.
func (d *Dir) Put(name string, data []byte) (Sum, error) {
	f, err := d.Create(name)
	if err != nil {
		return Sum{}, err
	}
	defer f.Discard()
	if _, err := io.Copy(f, bytes.NewReader(data)); err != nil {
		return Sum{}, err
	}
	return f.Publish()
}

// SumOf reads a file of the store and says what is in it.
func (d *Dir) SumOf(name string) (Sum, error) {
	f, err := os.Open(d.Path(name))
	if err != nil {
		return Sum{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return Sum{name, n, hex.EncodeToString(h.Sum(nil))}, err
}

// ConflictError says that a file is there already and has other bytes: two runs that should
// have made the same did not.
type ConflictError struct {
	There, Made Sum
	Kept        string // where what was made lies, for a comparison
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s is there already with other bytes (%d, sha256 %.12s; made were %d, sha256 %.12s, kept as %s): "+
		"the input, the program or the machine was not the same each time; where no commit names it yet, compare the two, remove the wrong one and go on", e.There.Name, e.There.Bytes, e.There.SHA256, e.Made.Bytes, e.Made.SHA256, e.Kept)
}

// compare holds what was made against what is there.
func (d *Dir) compare(made Sum, temp string) error {
	there, err := d.SumOf(made.Name)
	if err != nil || there == made {
		return err
	}
	// Named as no other process names its own.
	kept := d.Path(filepath.Join("conflicts", filepath.Base(d.temp)+"-"+filepath.Base(temp)))
	if err := errors.Join(d.makeParent(kept), os.Rename(temp, kept)); err != nil {
		return err
	}
	return &ConflictError{There: there, Made: made, Kept: kept}
}
