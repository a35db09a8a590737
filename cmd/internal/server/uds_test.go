package server_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// A socket's path may be as long as the system takes it, whatever its last name, also where
// one is left from before; a longer one is named with its limit.
func TestUDS_pathLength(t *testing.T) {
	const most = 107
	dir, err := os.MkdirTemp("/tmp", "mtok")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	path := func(n, name int) string {
		inner := filepath.Join(dir, strings.Repeat("d", n-name-len(dir)-2))
		require.NoError(t, os.MkdirAll(inner, 0o700))
		return filepath.Join(inner, strings.Repeat("s", name))
	}
	for n := 88; n <= most; n++ {
		for _, name := range []int{1, 20} {
			p := path(n, name)
			require.Len(t, p, n)
			if n%2 == 1 { // one that was not removed
				left, err := net.ListenUnix("unix", &net.UnixAddr{Name: p, Net: "unix"})
				require.NoError(t, err)
				left.SetUnlinkOnClose(false)
				require.NoError(t, left.Close())
			}
			s, err := server.New(quiet{shared}, server.Options{UDS: p, UDSMode: 0o620})
			require.NoError(t, err)
			require.NoError(t, s.Listen(), n)
			assert.Equal(t, p, s.Addrs()[0].String())
			info, err := os.Lstat(p)
			require.NoError(t, err)
			assert.Equal(t, os.ModeSocket|0o620, info.Mode())
			c, err := net.Dial("unix", p)
			require.NoError(t, err, n)
			require.NoError(t, c.Close())
			others, err := os.ReadDir(filepath.Dir(p))
			require.NoError(t, err)
			assert.Len(t, others, 1)
			second, err := server.New(quiet{shared}, server.Options{UDS: p})
			require.NoError(t, err)
			assert.ErrorContains(t, second.Listen(), "another process listens there")
			run(t, s)
			require.NoError(t, os.RemoveAll(filepath.Dir(p)))
		}
	}
	for _, n := range []int{most + 1, most + 2, 250} {
		p := path(n, 1)
		s, err := server.New(quiet{shared}, server.Options{UDS: p})
		require.NoError(t, err)
		assert.EqualError(t, s.Listen(), fmt.Sprintf("%s: the path of a Unix socket has at most %d bytes, and this one %d", p, most, n))
	}
}
