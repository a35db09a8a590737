package pyenv

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// cache is the directory that holds everything we write.
type cache struct {
	root string
	// strict is set for a place that everybody knows and may write to: it is used
	// only if it is provably ours.
	strict bool
	// err is why the place that was named is none.
	err error
}

func locateCache(dir string, environ []string) cache {
	if dir == "" {
		dir = getenv(environ, "MTOK_CACHE")
	}
	if dir != "" {
		dir, err := expandHome(dir, environ)
		if err != nil {
			return cache{root: dir, err: &CacheError{Dir: dir, Reason: err.Error()}}
		}
		if abs, err := filepath.Abs(dir); err == nil {
			dir = abs
		}
		return cache{root: dir}
	}
	if base := getenv(environ, "XDG_CACHE_HOME"); filepath.IsAbs(base) {
		return cache{root: filepath.Join(base, "mistralbridge")}
	}
	if home := getenv(environ, "HOME"); filepath.IsAbs(home) {
		return cache{root: filepath.Join(home, ".cache", "mistralbridge")}
	}
	tmp := getenv(environ, "TMPDIR")
	if !filepath.IsAbs(tmp) {
		tmp = "/tmp"
	}
	return cache{root: filepath.Join(tmp, fmt.Sprintf("mistralbridge-%d", os.Geteuid())), strict: true}
}

func (c cache) dir(parts ...string) string {
	return filepath.Join(append([]string{c.root}, parts...)...)
}

// prepare makes the directories and refuses a cache that others can change.
func (c cache) prepare() error {
	if err := c.trust(); err != nil {
		return err
	}
	if c.strict {
		if err := os.Mkdir(c.root, 0o700); err != nil && !os.IsExist(err) {
			return cacheFailure(c.root, err)
		}
	}
	for _, name := range []string{"python", "envs", "pip", "locks"} {
		if err := c.trust(); err != nil {
			return err
		}
		if err := os.MkdirAll(c.dir(name), 0o700); err != nil {
			return cacheFailure(c.root, err)
		}
	}
	return c.trust()
}

// trust is for reading: what we run from the cache must not be of someone else's
// making. A root that was named explicitly may be a shared volume; the directories
// in it, which we made 0700, may not have been opened since.
func (c cache) trust() error {
	if c.err != nil {
		return c.err
	}
	if err := c.usable(); err != nil {
		return err
	}
	if c.strict {
		if err := checkOwned(c.root, 0o077); err != nil {
			return err
		}
	}
	for _, name := range []string{"python", "envs"} {
		info, err := os.Lstat(c.dir(name))
		if err != nil {
			continue
		}
		if !info.IsDir() || info.Mode().Perm()&0o002 != 0 {
			return &CacheError{Dir: c.root, Reason: fmt.Sprintf("%s has mode %s: everybody can write to it", c.dir(name), info.Mode())}
		}
	}
	return nil
}

// checkOwned wants a real directory of this user with none of the bits.
func checkOwned(dir string, bits os.FileMode) error {
	info, err := os.Lstat(dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return &CacheError{Dir: dir, Err: err}
	}
	uid, _, ok := sys.Owner(info)
	switch {
	case !info.IsDir():
		return &CacheError{Dir: dir, Reason: "it is not a directory"}
	case !ok || uid != os.Geteuid():
		return &CacheError{Dir: dir, Reason: "it belongs to someone else"}
	case info.Mode().Perm()&bits != 0:
		return &CacheError{Dir: dir, Reason: "its mode is " + info.Mode().String() + ", others have access to it"}
	}
	return nil
}
