//go:build !linux

package main

func asInit(string, []string) (int, bool) { return 0, false }
