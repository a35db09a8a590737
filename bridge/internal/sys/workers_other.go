//go:build !linux

package sys

import (
	"errors"
	"os"
	"syscall"
)

// Workers says whether this system has what worker processes need.
const Workers = false

// RawRead is on Linux only.
func RawRead(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }

// RawWrite is on Linux only.
func RawWrite(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }

// Memfd is on Linux only.
func Memfd(string, int64) (*os.File, error) { return nil, errors.ErrUnsupported }

// Map is on Linux only.
func Map(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }

// Unmap does nothing here.
func Unmap([]byte) {}

// DiesWithThread is on Linux only.
func DiesWithThread() *syscall.SysProcAttr { return OwnGroup() }

// SocketPair is on Linux only.
func SocketPair() (ours, theirs *os.File, err error) { return nil, nil, errors.ErrUnsupported }

// Rights is on Linux only.
func Rights([]*os.File) []byte { return nil }

// ReadSome is on Linux only.
func ReadSome(uintptr, []byte) int { return 0 }

// Reap is on Linux only.
func Reap(int) (status int, ok bool) { return -1, false }
