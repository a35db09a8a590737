package pyenv

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// lockInUse says that the environment in dir is in use, for as long as the file is open, to a prune
// in whatever container: it locks the marker, shared. It returns nil where there is no marker,
// or no such lock, and an error if the environment is being removed.
func lockInUse(dir string) (*os.File, error) {
	path := filepath.Join(dir, markerName)
	file, err := os.Open(path)
	if err != nil {
		return nil, nil //nolint:nilerr // it is not ours, or readMarker reports it
	}
	shared, err := sys.TryShare(file)
	if shared && sameFile(file, path) {
		return file, nil
	}
	_ = file.Close()
	if err == nil {
		return nil, errors.New("it is being removed")
	}
	return nil, nil
}

func sameFile(file *os.File, path string) bool {
	one, err := file.Stat()
	if err != nil {
		return false
	}
	other, err := os.Stat(path)
	return err == nil && os.SameFile(one, other)
}

// running are the paths that processes of this machine work with, as far as this user may look:
// what they have mapped, what they were started with, where they are.
func running() (used []string) {
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range all {
		maps, _ := os.ReadFile(filepath.Join(process, "maps"))
		for line := range strings.Lines(string(maps)) {
			if at := strings.IndexByte(line, '/'); at >= 0 {
				used = append(used, strings.TrimSpace(line[at:]))
			}
		}
		started, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		used = append(used, strings.Split(string(started), "\x00")...)
		if cwd, err := os.Readlink(filepath.Join(process, "cwd")); err == nil {
			used = append(used, cwd)
		}
	}
	return used
}

// isBelow reports whether one of the paths is dir, or in it, by its name or its real place.
func isBelow(used []string, dir string) bool {
	dirs := []string{dir}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dirs = append(dirs, real)
	}
	for _, path := range used {
		for _, d := range dirs {
			if path == d || strings.HasPrefix(path, d+string(filepath.Separator)) {
				return true
			}
		}
	}
	return false
}
