//go:build !unix

package sys

import (
	"errors"
	"os"
	"syscall"
)

// OwnGroup is on Unix only: here a process is started as it comes.
func OwnGroup() *syscall.SysProcAttr { return nil }

// KillGroup is on Unix only.
func KillGroup(int) error { return errors.ErrUnsupported }

// ExitStatus is on Unix only.
func ExitStatus(*os.ProcessState) int { return -1 }

// Ending is on Unix only.
func Ending(status int) (signal syscall.Signal, exit int) { return 0, status }

// Owner is on Unix only.
func Owner(os.FileInfo) (uid, gid int, ok bool) { return 0, 0, false }

// TryLock is on Unix only.
func TryLock(file *os.File) (bool, error) {
	return false, &os.PathError{Op: "flock", Path: file.Name(), Err: errors.ErrUnsupported}
}

// TryShare is on Unix only.
func TryShare(file *os.File) (bool, error) { return TryLock(file) }

// Allocated is the file's size here.
func Allocated(info os.FileInfo) int64 { return info.Size() }
