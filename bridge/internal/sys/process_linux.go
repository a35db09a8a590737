package sys

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Workers says whether this system has what worker processes need.
const Workers = true

// DiesWithThread has a process that is started lead a group of its own, and die with the thread that starts it.
func DiesWithThread() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// SocketPair returns two ends of a stream. Neither is inherited.
func SocketPair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "pool"), os.NewFile(uintptr(fds[1]), "worker"), nil
}

// Rights is the control message that hands files over to another process.
func Rights(files []*os.File) []byte {
	fds := make([]int, len(files))
	for i, f := range files {
		fds[i] = int(f.Fd())
	}
	return unix.UnixRights(fds...)
}

// ReadSome is read(2), begun again when a signal interrupts it.
func ReadSome(fd uintptr, b []byte) int {
	for {
		n, err := unix.Read(int(fd), b)
		if err != unix.EINTR {
			return n
		}
	}
}

// Reap takes an orphan that has ended and has become our child, and returns its wait status.
func Reap(pid int) (status int, ok bool) {
	var ws unix.WaitStatus
	got, err := unix.Wait4(pid, &ws, unix.WNOHANG, nil)
	return int(ws), err == nil && got == pid
}
