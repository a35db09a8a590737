package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/gofrs/flock"
)

// Dir is a store. Its methods may be called from any number of goroutines.
type Dir struct {
	root string
	temp string // of this process
	lock *flock.Flock
	at   func(point string)

	shared bool         // others worked here when it was opened
	files  atomic.Int64 // made so far

	mu   sync.Mutex
	made map[string]bool // directories that are there and synced
}

const (
	tempDir = "tmp"
	idBytes = 8 // of the name of a process's own directory there, in hex
)

// OpenDir opens the store in a directory, makes it where it is not there, and removes what processes that
// have ended have left under temporary names. at is called with each point at which a process may
// die, for tests; it may be nil.
func OpenDir(root string, at func(point string)) (*Dir, error) {
	if at == nil {
		at = func(string) {}
	}
	d := &Dir{root: root, at: at, made: map[string]bool{}}
	for _, dir := range []string{root, filepath.Join(root, tempDir)} {
		if err := os.MkdirAll(dir, 0o777); err != nil { //nolint:gosec // as the user's umask has it: others train on it
			return nil, err
		}
	}
	if err := d.makeTemp(); err != nil {
		return nil, err
	}
	if err := d.sweep(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// makeTemp makes this process's own directory, with a lock beside it that ends with the process.
func (d *Dir) makeTemp() error {
	for {
		name := make([]byte, idBytes)
		_, _ = rand.Read(name) // never fails
		d.temp = filepath.Join(d.root, tempDir, hex.EncodeToString(name))
		d.lock = flock.New(d.temp + ".lock")
		locked, err := d.lock.TryLock()
		if err != nil {
			return fmt.Errorf("lock %s: %w", d.temp, err)
		}
		// A sweep may have removed the lock in between.
		if _, err := os.Stat(d.lock.Path()); locked && err == nil {
			return os.Mkdir(d.temp, 0o777) //nolint:gosec // as above
		}
		_ = d.lock.Close()
	}
}

// Close removes the temporary files of this process.
func (d *Dir) Close() error {
	if d.lock == nil { // it was only read
		return nil
	}
	err := errors.Join(os.RemoveAll(d.temp), os.Remove(d.lock.Path()))
	return errors.Join(err, d.lock.Close())
}

// CloseAll is Close, and removes the directory of temporary files where nobody else has any: for
// a store in a directory that is not one's own.
func (d *Dir) CloseAll() error {
	err := d.Close()
	_ = os.Remove(filepath.Join(d.root, tempDir)) // not empty: a process works there
	return err
}

// Shared reports whether other processes worked here when it was opened.
func (d *Dir) Shared() bool { return d.shared }

// Root is the directory.
func (d *Dir) Root() string { return d.root }

func (d *Dir) path(name string) string { return filepath.Join(d.root, filepath.FromSlash(name)) }

// Read reads a file of the store; fs.ErrNotExist where it is not there.
func (d *Dir) Read(name string) ([]byte, error) { return os.ReadFile(d.path(name)) }

// Reader reads a file of the store; fs.ErrNotExist where it is not there.
func (d *Dir) Reader(name string) (io.ReadCloser, error) { return os.Open(d.path(name)) }

// Size is that of a file of the store, in bytes.
func (d *Dir) Size(name string) (int64, error) {
	info, err := os.Stat(d.path(name))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Local are the files themselves.
func (d *Dir) Local([]string) (root string, done func(), err error) { return d.root, func() {}, nil }

// Names are the names in the directory.
func (d *Dir) Names() ([]string, error) {
	entries, err := os.ReadDir(d.root)
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

// Remove removes a file: one that nobody refers to, such as a conflict's.
func (d *Dir) Remove(name string) error { return os.Remove(d.path(name)) }

// makeParent makes the directory of a file, on disk.
func (d *Dir) makeParent(path string) error {
	parent := filepath.Dir(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made[parent] {
		return nil
	}
	if err := os.MkdirAll(parent, 0o777); err != nil { //nolint:gosec // as above
		return err
	}
	// Each directory on the way is a name in the one above it.
	for above := parent; above != filepath.Clean(d.root); {
		above = filepath.Dir(above)
		if err := syncDir(above); err != nil {
			return err
		}
	}
	d.made[parent] = true
	return nil
}

// syncDir puts the names in a directory on disk.
func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		err = nil // a system on which directories cannot be synced
	}
	return errors.Join(err, f.Close())
}
