//go:build !linux

package pyenv

func noExec(string) string { return "" }
