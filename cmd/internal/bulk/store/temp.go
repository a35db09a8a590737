package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// ended calls do with the temporary directory of each process that has ended, locked.
func (d *Dir) ended(do func(dir string) error) error {
	top := filepath.Join(d.root, tempDir)
	entries, err := os.ReadDir(top)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, isLock := strings.CutSuffix(e.Name(), ".lock")
		if id, err := hex.DecodeString(name); !isLock || err != nil || len(id) != idBytes {
			continue // whose it is nobody knows: the directory may be the user's
		}
		dir := filepath.Join(top, name)
		if dir == d.temp {
			continue
		}
		l := flock.New(dir+".lock", flock.SetFlag(os.O_RDONLY)) // one that has gone is not made again
		locked, err := l.TryLock()
		d.shared = d.shared || err == nil && !locked
		if err == nil && locked {
			err = do(dir)
		}
		_ = l.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look after what an ended process has left: %w", err)
		}
	}
	return nil
}

// sweep removes what is nobody's any more.
func (d *Dir) sweep() error {
	return d.ended(func(dir string) error {
		return errors.Join(os.RemoveAll(dir), os.Remove(dir+".lock"))
	})
}

// Leftovers are the files of processes that have ended.
func (d *Dir) Leftovers(remove bool) (found []Entry, err error) {
	err = d.ended(func(dir string) error {
		err := files(dir, func(e Entry) error {
			e.Name = path.Join(tempDir, filepath.Base(dir), e.Name)
			found = append(found, e)
			return nil
		})
		if err != nil || !remove {
			return err
		}
		return errors.Join(os.RemoveAll(dir), os.Remove(dir+".lock"))
	})
	return found, err
}
