package pyenv

import "syscall"

// noExecFix is for a program that may not be run because of where it is, which
// "permission denied" does not tell.
func noExecFix(path string) string {
	const noExec = 0x8 // ST_NOEXEC
	var at syscall.Statfs_t
	if syscall.Statfs(path, &at) != nil || at.Flags&noExec == 0 {
		return ""
	}
	return "it is on a file system that is mounted noexec: set MTOK_CACHE to a directory on another, or mount this one with exec"
}
