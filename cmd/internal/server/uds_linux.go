package server

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// listenAt listens on a new socket, whose path may be longer than that of a socket may: the
// directory in which one is made has a longer name than the socket will have.
func listenAt(path string) (*net.UnixListener, error) {
	if len(path) < len(unix.RawSockaddrUnix{}.Path) {
		return net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	}
	dir, err := os.OpenFile(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	short := fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path))
	return net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
}
