package pyenv_test

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// What another user has closed is not said to be absent: the path is named, and whose it is.
func TestSetup_cacheOfAnotherUser(t *testing.T) {
	cache := fullCache(t)
	all, err := filepath.Glob(filepath.Join(cache, "envs", "default-*"))
	require.NoError(t, err)
	require.Len(t, all, 1)
	closed := map[string]string{
		"the cache":        cache,
		"the environments": filepath.Join(cache, "envs"),
		"the interpreters": filepath.Join(cache, "python"),
		"one environment":  all[0],
		"its marker":       filepath.Join(all[0], ".complete.json"),
		"its interpreter":  filepath.Join(cache, "python", bundled.Python().Key()),
	}
	for name, path := range closed {
		t.Run(name, func(t *testing.T) {
			for name, other := range closed {
				t.Run(name, func(t *testing.T) {
					require.NoError(t, os.Chmod(other, 0o755))
				})
			}
			mode := os.FileMode(0o700)
			if os.Geteuid() != 0 {
				mode = 0 // there is no other user to be
			}
			require.NoError(t, os.Chmod(path, mode))
			said, err := asNobody(t, cache)
			require.NoError(t, os.Chmod(path, 0o755))
			require.Error(t, err, said)
			assert.Contains(t, said, "*pyenv.CacheError the cache "+cache+" cannot be used: "+path+" belongs to ")
			assert.Contains(t, said, "(uid ")
			assert.Contains(t, said, "and has mode ")
			assert.Contains(t, said, "permission denied")
			assert.NotContains(t, said, "is not there")
		})
	}
}

// A file system from which nothing can be run is named by its mount point in every case:
// at a set-up, with a cache that was built elsewhere, with a Python of one's own.
func TestSetup_noexec(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: only root can mount a file system with noexec; run this test as root")
	}
	mounted := filepath.Join(t.TempDir(), "mount point")
	require.NoError(t, os.Mkdir(mounted, 0o755))
	if err := syscall.Mount("tmpfs", mounted, "tmpfs", syscall.MS_NOEXEC, "size=400m"); err != nil {
		t.Skip("NOT TESTED: root may not mount a file system here: ", err)
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(mounted, syscall.MNT_DETACH)) })
	whole := filepath.Join(mounted, "whole")
	copyCache(t, shared, whole)
	env, err := pyenv.Setup(t.Context(), smallOptions(shared))
	require.NoError(t, err)
	elsewhere := ownCache(t) // its environments are on another file system than the rest
	require.NoError(t, os.Symlink(filepath.Join(whole, "envs"), filepath.Join(elsewhere, "envs")))
	single := ownCache(t)
	require.NoError(t, os.MkdirAll(filepath.Join(single, "envs"), 0o700))
	require.NoError(t, os.Symlink(filepath.Join(whole, "envs", filepath.Base(env.Dir)), filepath.Join(single, "envs", filepath.Base(env.Dir))))
	packages := answer(t, func(f map[string]any) {
		f["packages"], f["site_packages"] = map[string]string{"mistral-common": "1.13.1"}, whole
	})
	for name, o := range map[string]pyenv.Options{
		"a set-up":                       smallOptions(filepath.Join(mounted, "new", "cache")),
		"a cache that was built":         smallOptions(whole),
		"of which a part is there":       smallOptions(elsewhere),
		"of which one is there":          smallOptions(single),
		"packages of a Python's":         {CacheDir: t.TempDir(), Python: packages},
		"a cache without a distribution": {CacheDir: whole, Environ: bare("PATH=/nonexistent")},
		"a Python of one's own":          {CacheDir: t.TempDir(), Python: filepath.Join(whole, "envs", filepath.Base(env.Dir))},
	} {
		for how, offline := range map[string]bool{"": false, ", offline": true} {
			t.Run(name+how, func(t *testing.T) {
				o := o
				o.Offline = offline
				_, err := pyenv.Resolve(t.Context(), o)
				require.Error(t, err)
				assert.Contains(t, err.Error(), "is on the file system mounted at "+mounted+", which is mounted noexec")
				assert.Contains(t, err.Error(), "mount that one with exec")
				for _, wrong := range []string{"mtok setup", "can be written", "is not there", "check the connection"} {
					assert.NotContains(t, err.Error(), wrong)
				}
				if o.Python == "" {
					var refused *pyenv.CacheError
					assert.ErrorAs(t, err, &refused)
				}
				assert.NoDirExists(t, filepath.Join(mounted, "new"))
			})
		}
	}
}

// A ~ that no shell has expanded is the home directory and not a directory of that name.
func TestSetup_tilde(t *testing.T) {
	home := t.TempDir()
	t.Chdir(t.TempDir())
	require.NoError(t, os.Symlink(shared, filepath.Join(home, "there")))
	for i, o := range []pyenv.Options{
		{CacheDir: "~/there", Environ: bare("HOME=" + home)},
		{Environ: bare("HOME="+home, "MTOK_CACHE=~/there")},
		{Environ: bare("HOME="+filepath.Join(home, "there"), "MTOK_CACHE=~")},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			o.Distribution, o.Requirements, o.Offline = bundled.Python(), []byte(smallLock), true
			env, err := pyenv.Setup(t.Context(), o)
			require.NoError(t, err)
			assert.Equal(t, filepath.Join(home, "there", "envs"), filepath.Dir(env.Dir))
			python := pyenv.Options{Environ: bare("HOME="+home, "MTOK_PYTHON=~/there/envs/"+filepath.Base(env.Dir))}
			_, err = pyenv.Resolve(t.Context(), python)
			var lacks *pyenv.MissingPackageError
			require.ErrorAs(t, err, &lacks, "it was found")
		})
	}
	for environ, says := range map[string]string{"HOME=": "HOME names no directory", "HOME=" + home: "another user"} {
		t.Run(environ, func(t *testing.T) {
			name := map[bool]string{true: "~/x", false: "~somebody/x"}[environ == "HOME="]
			_, err := pyenv.Setup(t.Context(), pyenv.Options{
				CacheDir: name, Environ: bare(environ), Distribution: bundled.Python(), Requirements: []byte(smallLock),
			})
			var refused *pyenv.CacheError
			require.ErrorAs(t, err, &refused)
			assert.Contains(t, err.Error(), says)
		})
	}
	left, err := os.ReadDir(".")
	require.NoError(t, err)
	assert.Empty(t, left)
}
