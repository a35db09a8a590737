//go:build !linux

package pyenv

func noExecFix(string) string { return "" }
