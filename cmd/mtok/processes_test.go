package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// childrenOf are the processes right below one that have not ended.
func childrenOf(t *testing.T, pid int) (all []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// The name before the bracket may hold anything; behind it are state and parent.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if fields[0] == "Z" || fields[1] != strconv.Itoa(pid) {
			continue
		}
		child, err := strconv.Atoi(strings.Fields(string(text))[0])
		require.NoError(t, err)
		all = append(all, child)
	}
	return all
}

// leaves are the processes below one that have none below themselves.
func leaves(t *testing.T, pid int) (all []int) {
	t.Helper()
	for _, child := range childrenOf(t, pid) {
		if below := leaves(t, child); len(below) > 0 {
			all = append(all, below...)
		} else {
			all = append(all, child)
		}
	}
	return all
}
