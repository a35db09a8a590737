package pyenv_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// readOnly runs a set-up, without the network, in a process of an ordinary user who
// may read the cache and write nothing.
func readOnly(t *testing.T, cache string) (string, error) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(cache, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm()&^0o222 | 0o444
		if d.IsDir() || mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode)
	}))
	t.Cleanup(func() {
		_ = filepath.WalkDir(cache, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				return os.Chmod(path, 0o700)
			}
			return err
		})
	})
	return asNobody(t, cache)
}

// copyOfSelf is this program where others may run it. The kernel copies: the race detector need not see the bytes.
var copyOfSelf = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	from, err := os.Open(self)
	if err != nil {
		return "", err
	}
	defer from.Close()
	program := filepath.Join(filepath.Dir(shared), "helper")
	to, err := os.OpenFile(program, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return program, errors.Join(err, to.Close())
})

// asNobody runs a set-up, without the network, in a process of a user who is not root.
func asNobody(t *testing.T, cache string) (string, error) {
	t.Helper()
	program, err := copyOfSelf()
	require.NoError(t, err)
	for _, path := range []string{program, cache} {
		for path = filepath.Dir(path); path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
			require.NoError(t, os.Chmod(path, 0o755))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Dir = "/"
	cmd.Env = bare("PYENV_TEST_HELPER=default", "PYENV_TEST_CACHE="+cache, "MTOK_OFFLINE=1", "PATH=/usr/bin:/bin")
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// A cache that cannot be written works, copied and moved as well.
func TestCache_readOnly(t *testing.T) {
	for name, make := range map[string]func(*testing.T) string{
		"as it is":              fullCache,
		"moved":                 func(t *testing.T) string { return ways["moved"](t, fullCache(t)) },
		"copied":                func(t *testing.T) string { return ways["copied to another place"](t, fullCache(t)) },
		"of an earlier version": earlierCache,
	} {
		t.Run(name, func(t *testing.T) {
			cache := make(t)
			said, err := readOnly(t, cache)
			require.NoError(t, err, said)
			assert.Contains(t, said, "ready "+filepath.Join(cache, "envs", "default-"))
		})
	}
}

// Where it does not work, the reason is reported.
func TestCache_readOnlyUnusable(t *testing.T) {
	said, err := readOnly(t, ways["moved"](t, earlierCache(t)))
	require.Error(t, err)
	assert.Contains(t, said, "*pyenv.OfflineError")
	assert.Contains(t, said, "run `mtok setup` where the cache can be written")

	cache := fullCache(t)
	require.NoError(t, os.RemoveAll(filepath.Join(cache, "python", bundled.Python().Key(), "lib", "python3.14", "json")))
	said, err = readOnly(t, cache)
	require.Error(t, err)
	assert.Contains(t, said, "*pyenv.CacheError")
	assert.Contains(t, said, "json/__init__.py: missing")
}
