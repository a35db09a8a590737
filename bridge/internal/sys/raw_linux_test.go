package sys

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRawRead_RawWrite(t *testing.T) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	ours, theirs := uintptr(fds[0]), uintptr(fds[1])
	defer syscall.Close(fds[0])
	buf := make([]byte, 8)
	_, err = RawRead(ours, buf)
	require.ErrorIs(t, err, syscall.EAGAIN)
	n, err := RawWrite(theirs, []byte("hello"))
	require.NoError(t, err)
	assert.Equal(t, 5, n)
	n, err = RawRead(ours, buf)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(buf[:n]))
	n, err = RawWrite(theirs, nil)
	require.NoError(t, err)
	assert.Zero(t, n)

	require.NoError(t, syscall.Close(fds[1]))
	n, err = RawRead(ours, buf)
	require.NoError(t, err)
	assert.Zero(t, n)
	_, err = RawWrite(ours, []byte("hello"))
	require.ErrorIs(t, err, syscall.EPIPE)
}

// What one process does to the size of the memory would be the end of another.
func TestMemfd_size(t *testing.T) {
	f, err := Memfd("test", 4096)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	assert.EqualValues(t, 4096, info.Size())
	require.ErrorIs(t, f.Truncate(0), syscall.EPERM)
	require.ErrorIs(t, f.Truncate(8192), syscall.EPERM)
	_, err = Memfd("with\x00zero", 1)
	require.Error(t, err)
}
