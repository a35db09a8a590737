package store

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
)

// Store is a directory, or a prefix of keys in a bucket. Its methods may be called from any number of goroutines.
type Store interface {
	// Root is where it is, as the user said.
	Root() string
	// Create begins a file. Publish or Discard has to follow.
	Create(name string) (*File, error)
	// Put publishes a file of these bytes.
	Put(name string, data []byte) (Sum, error)
	// Scratch is a file on this machine that is no result; the caller removes it.
	Scratch(name string) (*os.File, error)

	// Of a file that is not there the error of these is fs.ErrNotExist.

	Read(name string) ([]byte, error)
	Reader(name string) (io.ReadCloser, error)
	Size(name string) (int64, error)
	Time(name string) (time.Time, error) // at which it was written
	SumOf(name string) (Sum, error)
	// Local are files of the store on this machine, by their names below root, until done is called.
	Local(names []string) (root string, done func(), err error)

	// Names are those at the top, of files and of directories.
	Names() ([]string, error)
	// Files goes over the files below a directory, in the order of their names.
	Files(below string, do func(Entry) error) error
	// Leftovers are the temporary files of processes that have ended, which remove removes.
	Leftovers(remove bool) ([]Entry, error)
	// Share says that this process works here, until release is called; it waits for one that is Alone. name is a
	// file that is there.
	Share(ctx context.Context, name string) (release func(), err error)
	// Alone keeps others from working here until release is called; alone is false where some do, or nobody can tell.
	Alone(name string) (release func(), alone bool, err error)
	// Remove removes a file that nobody refers to, such as a conflict's.
	Remove(name string) error
	// Shared reports whether other processes may have worked here when it was opened.
	Shared() bool
	// Close removes the temporary files of this process.
	Close() error
}

// Open opens a store to write to. at is called with each point at which a process may die while it writes to a directory,
// for tests; it may be nil. The end of ctx ends what is under way in a bucket.
func Open(ctx context.Context, root string, at func(point string)) (Store, error) {
	if object.IsURL(root) {
		return openBucket(ctx, root)
	}
	return OpenDir(root, at)
}

// At is a store that is only read: of a bucket what Local needs is made in the directory for temporary files.
func At(ctx context.Context, root string) (Store, error) {
	if object.IsURL(root) {
		return openBucket(ctx, root)
	}
	return atDir(root), nil
}

func atDir(root string) *Dir { return &Dir{root: root, at: func(string) {}, made: map[string]bool{}} }

// FileSum says what is in a file that is in no store.
func FileSum(path string) (Sum, error) { return atDir("").SumOf(path) }
