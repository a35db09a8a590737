package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What SECURITY.md promises is held by tests that there are.
func TestSecurityNamesTests(t *testing.T) {
	var names [][]string
	for _, name := range []string{"SECURITY.md", "docs/SERVER.md"} {
		t.Run(name, func(t *testing.T) {
			page, err := os.ReadFile(filepath.Join(top, name))
			require.NoError(t, err)
			found := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(page), -1)
			require.NotEmpty(t, found, name)
			names = append(names, found...)
		})
	}
	command := exec.CommandContext(t.Context(), "grep", "-rhoE", "^func Test[A-Za-z0-9]+", "--include=*_test.go", "bridge", "cmd")
	command.Dir = top
	out, err := command.Output()
	require.NoError(t, err)
	there := strings.Split(string(out), "\n")
	for _, name := range names {
		assert.Contains(t, there, "func "+name[1])
	}
}
