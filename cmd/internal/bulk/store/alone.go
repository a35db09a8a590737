package store

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// lockWait is the time between two attempts to get a lock that another process has.
const lockWait = 20 * time.Millisecond

// fileLock is the lock of a file that is there, and stays.
func (d *Dir) fileLock(name string) *flock.Flock {
	return flock.New(d.path(name), flock.SetFlag(os.O_RDONLY))
}

// Share locks a file together with others.
func (d *Dir) Share(ctx context.Context, name string) (release func(), err error) {
	l := d.fileLock(name)
	if _, err := l.TryRLockContext(ctx, lockWait); err != nil {
		return nil, fmt.Errorf("lock %s: %w", d.path(name), err)
	}
	return func() { _ = l.Close() }, nil
}

// Alone locks a file against others.
func (d *Dir) Alone(name string) (release func(), alone bool, err error) {
	l := d.fileLock(name)
	alone, err = l.TryLock()
	if err != nil {
		_ = l.Close()
		return nil, false, fmt.Errorf("lock %s: %w", d.path(name), err)
	}
	return func() { _ = l.Close() }, alone, nil
}

// Share does nothing: others cannot be seen.
func (b *Bucket) Share(context.Context, string) (release func(), err error) { return func() {}, nil }

// Alone is never so: others cannot be seen.
func (b *Bucket) Alone(string) (release func(), alone bool, err error) {
	return func() {}, false, nil
}
