package sys

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// RawRead is read(2) on a descriptor that does not block, without notifying the scheduler, which would wake its monitor
// for it.
func RawRead(fd uintptr, b []byte) (int, error) { return raw(unix.SYS_READ, fd, b) }

// RawWrite is write(2) in the same way.
func RawWrite(fd uintptr, b []byte) (int, error) { return raw(unix.SYS_WRITE, fd, b) }

func raw(number, fd uintptr, b []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch {
		case errno == 0:
			return int(n), nil
		case !errors.Is(errno, unix.EINTR):
			return 0, errno
		}
	}
}
