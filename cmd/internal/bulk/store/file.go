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
	to   place
	name string
	f    *os.File
	hash hash.Hash
	size int64
}

// place is where a file gets its name, for good; a *ConflictError where there is another of that name.
type place interface {
	publish(f *os.File, sum Sum) error
}

// Create begins a file of the store. Publish or Discard has to follow.
func (d *Dir) Create(name string) (*File, error) { return d.create(d, name) }

func (d *Dir) create(to place, name string) (*File, error) {
	f, err := d.Scratch(filepath.Base(name))
	if err != nil {
		return nil, err
	}
	return &File{to: to, name: name, f: f, hash: sha256.New()}, nil
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

// sum says what was written.
func (f *File) sum() Sum { return Sum{f.name, f.size, hex.EncodeToString(f.hash.Sum(nil))} }

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
	sum := f.sum()
	defer f.Discard()
	return sum, f.to.publish(f.f, sum)
}

func (d *Dir) publish(f *os.File, sum Sum) error {
	d.at("written " + sum.Name)
	if err := f.Sync(); err != nil {
		return err
	}
	d.at("synced " + sum.Name)
	path := d.path(sum.Name)
	if err := d.makeParent(path); err != nil {
		return err
	}
	switch err := os.Link(f.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		if err := d.compare(sum, f.Name()); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("%w; the output needs a file system with hard links", err)
	}
	d.at("linked " + sum.Name)
	if err := syncDir(filepath.Dir(path)); err != nil {
		return err
	}
	d.at("settled " + sum.Name)
	return nil
}

// put publishes a file of these bytes.
func put(s Store, name string, data []byte) (Sum, error) {
	f, err := s.Create(name)
	if err != nil {
		return Sum{}, err
	}
	defer f.Discard()
	if _, err := io.Copy(f, bytes.NewReader(data)); err != nil {
		return Sum{}, err
	}
	return f.Publish()
}

// Put publishes a file of these bytes.
func (d *Dir) Put(name string, data []byte) (Sum, error) { return put(d, name, data) }

// sum reads what is in a file.
func sum(name string, r io.Reader) (Sum, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return Sum{name, n, hex.EncodeToString(h.Sum(nil))}, err
}

// SumOf reads a file of the store and says what is in it.
func (d *Dir) SumOf(name string) (Sum, error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return Sum{}, err
	}
	defer f.Close()
	return sum(name, f)
}

// ConflictError says that a file is there already and has other bytes: two runs that should
// have made the same did not.
type ConflictError struct {
	There, Made Sum
	Kept        string // what was made, for a comparison: a name in the store
	place       string // of Kept
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s is there already with other bytes (%d, sha256 %.12s; made were %d, sha256 %.12s, kept as %s): "+
		"the input, the program or the machine was not the same each time; compare the two. If the one that is there is wrong and no commit names it, mtok bulk gc --remove removes it; then resume", e.There.Name, e.There.Bytes, e.There.SHA256, e.Made.Bytes, e.Made.SHA256, e.place)
}

// conflictName is a name that no other process gives.
func conflictName(d *Dir, temp string) string {
	return "conflicts/" + filepath.Base(d.temp) + "-" + filepath.Base(temp)
}

// compare holds what was made against what is there.
func (d *Dir) compare(made Sum, temp string) error {
	there, err := d.SumOf(made.Name)
	if err != nil || there == made {
		return err
	}
	kept := conflictName(d, temp)
	if err := errors.Join(d.makeParent(d.path(kept)), os.Rename(temp, d.path(kept))); err != nil {
		return err
	}
	return &ConflictError{There: there, Made: made, Kept: kept, place: d.path(kept)}
}
