package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// As process 1 of a container this program inherits whatever is left of others, such as workers whose first process
// was killed, and has to wait for it: else it stays there as a zombie. A process that waits for any child would take
// from os/exec what is its own, so the work is done by a child, and process 1 does nothing else.

// asInit runs the program in a child, passes signals on to it and waits for whatever ends. It reports the child's exit
// code, and false if no child can be started.
func asInit(name string, args []string) (int, bool) {
	attr := &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}}
	if _, err := unix.IoctlGetTermios(int(os.Stdin.Fd()), unix.TCGETS); err == nil {
		// The terminal's signals go to the child alone: it would get each twice.
		attr.Sys = &syscall.SysProcAttr{Foreground: true, Ctty: int(os.Stdin.Fd())}
	}
	child, err := os.StartProcess(name, args, attr) //nolint:gosec // this program itself, with its own arguments
	if err != nil {
		return 0, false
	}
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	go func() {
		for s := range signals {
			if s != unix.SIGCHLD && s != unix.SIGURG { // Go's scheduler sends itself SIGURG
				_ = child.Signal(s) // it may have ended
			}
		}
	}()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 1, true
		case pid == child.Pid && status.Exited():
			return status.ExitStatus(), true
		case pid == child.Pid && status.Signaled():
			return 128 + int(status.Signal()), true
		}
	}
}
