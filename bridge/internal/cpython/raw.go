package cpython

// #include <sys/syscall.h>
import "C"

import (
	"os"
	"syscall"
	"unsafe"
)

// What is here has nothing to do with Python. It wants unsafe, and that has one place.

// RawRead is read(2) on a descriptor that does not block, without telling the
// scheduler, which would wake its monitor for it.
func RawRead(fd uintptr, b []byte) (int, error) { return raw(syscall.SYS_READ, fd, b) }

// RawWrite is write(2) in the same way.
func RawWrite(fd uintptr, b []byte) (int, error) { return raw(syscall.SYS_WRITE, fd, b) }

func raw(number, fd uintptr, b []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		}
		return 0, errno
	}
}

const (
	memfdCloexec      = 1
	memfdAllowSealing = 2
	memfdNoexecSeal   = 8 // some systems insist on it, old ones do not know it

	addSeals  = 1033 // F_ADD_SEALS
	sealSizes = 2 | 4
)

// Memfd makes memory of size bytes that other processes can be given as a file. None
// of them can change its size, which would end the others.
func Memfd(name string, size int64) (*os.File, error) {
	text, err := syscall.BytePtrFromString(name)
	if err != nil {
		return nil, err
	}
	var fd uintptr
	var errno syscall.Errno
	for _, extra := range []uintptr{memfdNoexecSeal, 0} {
		fd, _, errno = syscall.Syscall(C.SYS_memfd_create, uintptr(unsafe.Pointer(text)), memfdCloexec|memfdAllowSealing|extra, 0)
		if errno == 0 {
			break
		}
	}
	if errno != 0 {
		return nil, os.NewSyscallError("memfd_create", errno)
	}
	f := os.NewFile(fd, name)
	if err = f.Truncate(size); err == nil {
		if _, _, errno = syscall.Syscall(syscall.SYS_FCNTL, fd, addSeals, sealSizes); errno != 0 {
			err = os.NewSyscallError("F_ADD_SEALS", errno)
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
