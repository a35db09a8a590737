package pyenv

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLocateCache(t *testing.T) {
	fallback := fmt.Sprintf("/t/mistralbridge-%d", os.Geteuid())
	for name, c := range map[string]struct {
		dir     string
		environ []string
		want    cache
	}{
		"option":        {"/o", []string{"MTOK_CACHE=/m"}, cache{root: "/o", strict: false}},
		"variable":      {"", []string{"MTOK_CACHE=/m", "XDG_CACHE_HOME=/x"}, cache{root: "/m", strict: false}},
		"XDG":           {"", []string{"XDG_CACHE_HOME=/x", "HOME=/h"}, cache{root: "/x/mistralbridge", strict: false}},
		"relative XDG":  {"", []string{"XDG_CACHE_HOME=x", "HOME=/h"}, cache{root: "/h/.cache/mistralbridge", strict: false}},
		"home":          {"", []string{"HOME=/h"}, cache{root: "/h/.cache/mistralbridge", strict: false}},
		"no home":       {"", []string{"TMPDIR=/t"}, cache{root: fallback, strict: true}},
		"relative home": {"", []string{"HOME=h", "TMPDIR=/t"}, cache{root: fallback, strict: true}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, locateCache(c.dir, c.environ)) })
	}
}

func TestCache_withoutHome(t *testing.T) {
	tmp := t.TempDir()
	c := locateCache("", []string{"TMPDIR=" + tmp})
	require.NoError(t, c.prepare())
	info, err := os.Stat(c.root)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	require.NoError(t, c.prepare(), "our own is used again")

	var refused *CacheError
	require.NoError(t, os.Chmod(c.root, 0o755))
	require.ErrorAs(t, c.prepare(), &refused, "others may look into it")
	require.NoError(t, os.RemoveAll(c.root))
	require.NoError(t, os.Symlink(t.TempDir(), c.root))
	require.ErrorAs(t, c.prepare(), &refused, "a link may be anyone's")
	if os.Geteuid() == 0 {
		require.NoError(t, os.Remove(c.root))
		require.NoError(t, os.Mkdir(c.root, 0o700))
		require.NoError(t, os.Chown(c.root, 12345, 12345))
		require.ErrorAs(t, c.prepare(), &refused, "it belongs to someone else")
	}
}

func TestCache_unusable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, root := range []string{filepath.Join(file, "cache"), "/proc/cache"} {
		t.Run(root, func(t *testing.T) {
			var refused *CacheError
			require.ErrorAs(t, cache{root: root}.prepare(), &refused, root)
			assert.Contains(t, refused.Error(), "MTOK_CACHE")
		})
	}
	open := cache{root: t.TempDir()}
	require.NoError(t, open.prepare())
	require.NoError(t, os.Chmod(open.dir("envs"), 0o777))
	assert.Error(t, open.trust(), "everybody could put an environment there")
}

func TestSweep_onlyDead(t *testing.T) {
	parent := t.TempDir()
	alive, err := newTempDir(parent)
	require.NoError(t, err)
	defer alive.remove()
	dead, err := newTempDir(parent)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(dead.join("file"), nil, 0o600))
	require.NoError(t, dead.held.Close())
	require.NoError(t, os.Mkdir(filepath.Join(parent, "default-x"), 0o700))
	assert.Equal(t, []string{dead.path}, sweep(parent))
	assert.DirExists(t, alive.path)
	assert.DirExists(t, filepath.Join(parent, "default-x"))
}

func TestManifest(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "sub", "file")
	require.NoError(t, os.Mkdir(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o600))
	require.NoError(t, os.Symlink("sub/file", filepath.Join(dir, "link")))
	require.NoError(t, writeManifest(dir, "key"))
	check := func(full bool) []string {
		t.Helper()
		differ, err := checkManifest(dir, "key", full)
		require.NoError(t, err)
		return differ
	}
	assert.Empty(t, check(false))
	assert.Empty(t, check(true))

	info, err := os.Stat(file)
	require.NoError(t, err)
	require.NoError(t, os.Chtimes(file, info.ModTime(), info.ModTime().Add(-1e12)))
	assert.Empty(t, check(false), "a copy lost its time but not its content")

	require.NoError(t, os.WriteFile(file, []byte("TEXT"), 0o600))
	require.NoError(t, os.Chtimes(file, info.ModTime(), info.ModTime().Add(1e12)))
	assert.Equal(t, []string{"sub/file: changed"}, check(false))
	require.NoError(t, os.Chtimes(file, info.ModTime(), info.ModTime()))
	assert.Empty(t, check(false), "the quick way trusts size and time")
	assert.Equal(t, []string{"sub/file: changed"}, check(true))

	require.NoError(t, os.Remove(file))
	require.NoError(t, os.Remove(filepath.Join(dir, "link")))
	require.NoError(t, os.Symlink("elsewhere", filepath.Join(dir, "link")))
	assert.Equal(t, []string{"link: changed", "sub/file: missing"}, check(false))

	differ, err := checkManifest(dir, "other", false)
	require.NoError(t, err)
	assert.Len(t, differ, 1)
	_, err = checkManifest(t.TempDir(), "key", false)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
