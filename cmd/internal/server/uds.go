package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// udsListener removes its socket when it is closed, unless another one is there by then.
type udsListener struct {
	*net.UnixListener
	path string
	made os.FileInfo
}

// listenUDS listens on a Unix socket. It is made where nobody else may look, and appears
// at its path with its permissions, in the place of a socket on which nobody listens.
func listenUDS(path string, mode fs.FileMode) (net.Listener, error) {
	if most := len(syscall.RawSockaddrUnix{}.Path) - 1; len(path) > most {
		return nil, fmt.Errorf("%s: the path of a Unix socket has at most %d bytes, and this one %d", path, most, len(path))
	}
	if err := checkStale(path); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".mtok-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	made := filepath.Join(dir, "s")
	l, err := listenAt(made)
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	err = os.Chmod(made, mode)
	if err == nil {
		err = os.Rename(made, path)
	}
	var info os.FileInfo
	if err == nil {
		info, err = os.Lstat(path)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &udsListener{l, path, info}, nil
}

// checkStale reports why what is at the path must stay there.
func checkStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is there already, and no socket", path)
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		_ = c.Close()
		return fmt.Errorf("%s: another process listens there", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return nil
}

// Close closes the listener and removes its socket.
func (l *udsListener) Close() error {
	if info, err := os.Lstat(l.path); err == nil && os.SameFile(info, l.made) {
		_ = os.Remove(l.path)
	}
	return l.UnixListener.Close()
}

// Addr has the path at which the socket is.
func (l *udsListener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }
