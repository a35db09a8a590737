package store

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
)

// Entry is a file of a list.
type Entry struct {
	Name  string // in the store
	Bytes int64
	Time  time.Time // at which it was written
}

// Files goes over the files below a directory.
func (d *Dir) Files(below string, do func(Entry) error) error {
	return files(d.path(below), func(e Entry) error {
		e.Name = path.Join(below, e.Name)
		return do(e)
	})
}

// files goes over what is below a directory. What goes meanwhile is not there.
func files(root string, do func(Entry) error) error {
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		var info fs.FileInfo
		if err == nil && !d.IsDir() {
			info, err = d.Info()
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, err = filepath.Rel(root, name)
		if err != nil {
			return err
		}
		return do(Entry{filepath.ToSlash(name), info.Size(), info.ModTime()})
	})
}

// Files goes over the objects below a prefix.
func (b *Bucket) Files(below string, do func(Entry) error) error {
	prefix := b.of(below + "/")
	return prefix.Objects(b.ctx, func(o object.Entry) error {
		return do(Entry{below + "/" + strings.TrimPrefix(o.Key, prefix.Key), o.Size, o.Time})
	})
}

// Leftovers of a bucket lie on the machines of the processes that wrote to it, each of which removes its own.
func (b *Bucket) Leftovers(bool) ([]Entry, error) { return nil, nil }

// Time is that at which a file of the store was written.
func (d *Dir) Time(name string) (time.Time, error) {
	info, err := os.Stat(d.path(name))
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime().UTC(), nil
}

// Time is that at which an object was written.
func (b *Bucket) Time(name string) (time.Time, error) {
	attrs, err := b.attributes(name)
	if err != nil {
		return time.Time{}, err
	}
	return attrs.ModTime.UTC(), nil
}
