package server

import (
	"errors"
	"math"
	"net"

	"golang.org/x/sys/unix"
)

// endOfInput is the event of a caller who sends no more.
const endOfInput = unix.POLLRDHUP

// sendByte sends a byte if there is room for it.
func sendByte(fd uintptr, b byte) bool {
	n, err := unix.Write(int(fd), []byte{b})
	return n == 1 && err == nil
}

// keepLittle bounds what the kernel keeps of what the caller of a connection of TCP does not
// take, so that a write waits instead. It is megabytes otherwise.
func keepLittle(c net.Conn) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 2*leastBytes) // it only is more without
	})
}

// mostFiles is how many files this process may have open.
func mostFiles() int64 {
	var files unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &files) != nil || files.Cur > math.MaxInt64/8 {
		return math.MaxInt64 / 8
	}
	return int64(files.Cur)
}

// unsent is how much of what was written has not been taken by the other side.
func unsent(c net.Conn) (n int) {
	raw, err := rawConn(c)
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		if n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); err != nil {
			n = 0
		}
	})
	return n
}

// awaitEvents waits until a connection has broken or is closed on both sides, or one of the
// events has come. An error is that of a wait that was ended.
func awaitEvents(c net.Conn, events int16) error {
	raw, err := rawConn(c)
	if err != nil {
		return nil //nolint:nilerr // nothing to wait with
	}
	return raw.Read(func(fd uintptr) bool {
		fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
		n, err := unix.Poll(fds, 0)
		return n > 0 || err != nil && !errors.Is(err, unix.EINTR)
	})
}
