package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Memfd makes memory of size bytes that other processes can be given as a file. None of them can change its size, which
// would end the others.
func Memfd(name string, size int64) (*os.File, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	// Some systems insist on the third flag, old ones do not know it.
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_NOEXEC_SEAL)
	if err != nil {
		fd, err = unix.MemfdCreate(name, flags)
	}
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if err = f.Truncate(size); err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW)
		err = os.NewSyscallError("F_ADD_SEALS", err)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// Map returns size bytes of a file as memory that is shared with everybody who maps it.
func Map(f *os.File, size int) ([]byte, error) {
	b, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return b, os.NewSyscallError("mmap", err)
}

// Unmap gives back what Map has returned.
func Unmap(b []byte) { _ = unix.Munmap(b) }
