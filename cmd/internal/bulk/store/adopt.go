package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Adopt publishes a file of another store under its own name, if it is what its sum says. On one file system that is a
// second name of the same file.
func Adopt(to, from Store, sum Sum) error {
	if a, ok := to.(*Dir); ok {
		if b, ok := from.(*Dir); ok {
			if done, err := a.link(b, sum); done || err != nil {
				return err
			}
		}
	}
	in, err := from.Reader(sum.Name)
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := to.Create(sum.Name)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := io.Copy(f, in); err != nil {
		return err
	}
	if f.sum() != sum {
		return changed(from, sum)
	}
	_, err = f.Publish()
	return err
}

func changed(from Store, sum Sum) error {
	return fmt.Errorf("%s in %s is not what was committed: mtok bulk verify says more", sum.Name, from.Root())
}

// link reports whether it could; if not, the file has to be copied.
func (d *Dir) link(from *Dir, sum Sum) (bool, error) {
	switch was, err := from.SumOf(sum.Name); {
	case err != nil:
		return false, err
	case was != sum:
		return false, changed(from, sum)
	}
	path := d.path(sum.Name)
	if err := d.makeParent(path); err != nil {
		return false, err
	}
	switch err := os.Link(from.path(sum.Name), path); {
	case errors.Is(err, fs.ErrExist):
		if there, err := d.SumOf(sum.Name); err != nil || there != sum {
			return false, err // the copy is kept for a comparison
		}
	case errors.Is(err, fs.ErrNotExist):
		return false, err
	case err != nil:
		return false, nil //nolint:nilerr // another file system, or a file that is another user's
	}
	d.at("linked " + sum.Name)
	if err := syncDir(filepath.Dir(path)); err != nil {
		return false, err
	}
	d.at("settled " + sum.Name)
	return true, nil
}
