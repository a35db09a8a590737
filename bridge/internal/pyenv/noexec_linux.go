package pyenv

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// noExec returns the mount point of the file system of path, or of what is there of it, if
// programs and libraries on it may not be run; else "". "Permission denied" does not say that.
func noExec(path string) string {
	const flag = 0x8 // ST_NOEXEC
	var at syscall.Statfs_t
	for {
		err := syscall.Statfs(path, &at)
		if err == nil {
			break
		}
		parent := filepath.Dir(path)
		if err != syscall.ENOENT || parent == path {
			return ""
		}
		path = parent
	}
	if at.Flags&flag == 0 {
		return ""
	}
	return mountPoint(path)
}

// mountPoint is that of the file system of path: by the list of the mounts, and where there
// is no /proc by where the device changes.
func mountPoint(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	found := ""
	list, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		const place = 4
		if len(fields) <= place {
			continue
		}
		at := mountEscapes.Replace(fields[place])
		if len(at) >= len(found) && (path == at || strings.HasPrefix(path, strings.TrimSuffix(at, "/")+"/")) {
			found = at // of two at one place the later hides the earlier
		}
	}
	if found != "" {
		return found
	}
	for device(filepath.Dir(path)) == device(path) && path != "/" {
		path = filepath.Dir(path)
	}
	return path
}

var mountEscapes = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

func device(path string) uint64 {
	var stat syscall.Stat_t
	_ = syscall.Stat(path, &stat) // 0: unlike any other
	return stat.Dev
}
