//go:build !unix

package conformance

import (
	"os"
	"syscall"
)

// ownGroup does nothing where there are no groups.
func ownGroup() *syscall.SysProcAttr { return nil }

// killGroup kills the process alone where there are no groups.
func killGroup(p *os.Process) { _ = p.Kill() }
