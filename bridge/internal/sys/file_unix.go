//go:build unix

package sys

import (
	"errors"
	"os"
	"syscall"
)

// Owner returns the user and the group that a file belongs to.
func Owner(info os.FileInfo) (uid, gid int, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(stat.Uid), int(stat.Gid), true
}

// Allocated returns how many bytes of the disk a file takes up.
func Allocated(info os.FileInfo) int64 {
	const block = 512
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Blocks * block
	}
	return info.Size()
}

// TryLock takes the lock of a file that one process has at a time, unless another has it.
func TryLock(file *os.File) (bool, error) { return tryLock(file, syscall.LOCK_EX) }

// TryShare takes the lock of a file that many have together, unless one has it alone.
func TryShare(file *os.File) (bool, error) { return tryLock(file, syscall.LOCK_SH) }

func tryLock(file *os.File, how int) (bool, error) {
	for {
		err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		default:
			return false, &os.PathError{Op: "flock", Path: file.Name(), Err: err}
		}
	}
}
