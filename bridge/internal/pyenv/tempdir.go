package pyenv

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

const tempPrefix = ".tmp-"

// tempDir is a directory that something is built in. A lock on it says that its
// owner is alive; the lock is handed down to child processes, so that a directory
// is not taken from a pip that outlived us.
type tempDir struct {
	path string
	held *os.File
}

func newTempDir(parent string) (*tempDir, error) {
	for {
		path, err := os.MkdirTemp(parent, tempPrefix)
		if err != nil {
			return nil, err
		}
		held, err := os.Open(path)
		if os.IsNotExist(err) {
			continue // swept before we could say that it is ours
		}
		if err != nil {
			return nil, err
		}
		ok, err := sys.TryLock(held)
		if err != nil {
			_ = held.Close()
			return nil, err
		}
		if _, gone := os.Stat(path); ok && gone == nil {
			return &tempDir{path, held}, nil
		}
		_ = held.Close()
	}
}

func (t *tempDir) join(parts ...string) string {
	return filepath.Join(append([]string{t.path}, parts...)...)
}

func (t *tempDir) remove() {
	_ = os.RemoveAll(t.path)
	_ = t.held.Close()
}

// sweep removes the temporary directories below parent whose owner is dead.
func sweep(parent string) (removed []string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), tempPrefix) {
			continue
		}
		path := filepath.Join(parent, entry.Name())
		held, err := os.Open(path)
		if err != nil {
			continue
		}
		if ok, err := sys.TryLock(held); err == nil && ok && os.RemoveAll(path) == nil {
			removed = append(removed, path)
		}
		_ = held.Close()
	}
	return removed
}

// replace moves a finished directory into place. What was there, if anything,
// is moved into the temporary directory first and goes away with it.
func (t *tempDir) replace(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		if err := os.Rename(to, t.join("replaced")); err != nil {
			return err
		}
	}
	return os.Rename(from, to)
}
