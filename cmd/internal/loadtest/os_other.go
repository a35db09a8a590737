//go:build !unix

package loadtest

import (
	"errors"
	"syscall"
	"time"
)

// ownCPU is not known here.
func ownCPU() time.Duration { return 0 }

// ownSession does nothing where there are no sessions.
func ownSession() *syscall.SysProcAttr { return nil }

// kill is on Unix only.
func kill(int) error { return errors.ErrUnsupported }

// Exists is not known here.
func Exists(int) bool { return true }
