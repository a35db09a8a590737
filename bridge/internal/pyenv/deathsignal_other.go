//go:build !linux

package pyenv

import "syscall"

func dieWithUs(*syscall.SysProcAttr) {}
