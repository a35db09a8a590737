//go:build unix

package sys

import (
	"os"
	"syscall"
)

// OwnGroup has a process that is started lead a group of its own.
func OwnGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// KillGroup kills the group that a process leads.
func KillGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

// ExitStatus is the wait status of a process that has ended, -1 if it cannot be known.
func ExitStatus(state *os.ProcessState) int {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok {
		return int(ws)
	}
	return -1
}

// Ending returns what a wait status means: the signal that ended a process, or, when that is 0, its exit status.
func Ending(status int) (signal syscall.Signal, exit int) {
	ws := syscall.WaitStatus(status)
	if ws.Signaled() {
		return ws.Signal(), -1
	}
	return 0, ws.ExitStatus()
}
