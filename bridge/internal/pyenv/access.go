package pyenv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

const (
	noExecFix = "set MTOK_CACHE to a directory on a file system that is not, or mount that one with exec"
	deniedFix = "run as its owner, have it opened to this user, or set MTOK_CACHE to a directory of yours"
)

// usable refuses a cache that this user may not look into, or from which nothing can be run.
func (c cache) usable() error {
	for _, dir := range []string{c.root, c.dir("python"), c.dir("envs")} {
		if err := checkAccess(c.root, dir); err != nil {
			return err
		}
		if at := noExec(dir); at != "" {
			return &CacheError{Dir: c.root, Reason: onNoExec(dir, at), Fix: noExecFix}
		}
	}
	return nil
}

func onNoExec(path, at string) string {
	return fmt.Sprintf("%s is on the file system mounted at %s, which is mounted noexec: nothing on it can be run or loaded", path, at)
}

// checkAccess looks whether a path in the cache that is there can be entered and read.
func checkAccess(root, path string) error {
	file, err := os.Open(path)
	if err == nil {
		defer file.Close()
		info, err := file.Stat()
		if err != nil || !info.IsDir() {
			return nil // others report that
		}
		_, err = os.Lstat(filepath.Join(path, markerName))
		if !errors.Is(err, fs.ErrPermission) {
			return nil
		}
	}
	return denied(root, err)
}

// denied makes of a path that this user may not read an error that says which path it
// is and whose; of any other error nil.
func denied(root string, err error) error {
	if known := (*CacheError)(nil); errors.As(err, &known) {
		return known
	}
	var failed *fs.PathError
	reading := []string{"open", "stat", "lstat", "readlink"}
	if !errors.Is(err, fs.ErrPermission) || !errors.As(err, &failed) || !slices.Contains(reading, failed.Op) {
		return nil
	}
	path := failed.Path
	info, seen := os.Lstat(path)
	for seen != nil && path != filepath.Dir(path) {
		path = filepath.Dir(path)
		info, seen = os.Lstat(path)
	}
	reason := path
	if seen == nil {
		if uid, _, ok := sys.Owner(info); ok {
			reason += fmt.Sprintf(" belongs to %s and has mode %s", userName(uid), info.Mode())
		}
	}
	reason += fmt.Sprintf(", and this process runs as %s", userName(os.Geteuid()))
	return &CacheError{Dir: root, Reason: reason, Err: err, Fix: deniedFix}
}

func userName(uid int) string {
	text := "uid " + strconv.Itoa(uid)
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username + " (" + text + ")"
	}
	return text
}
