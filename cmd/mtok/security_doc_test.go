package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each test that is named, on a page or to run or leave it out, exists.
func TestPages_namedTests(t *testing.T) {
	command := exec.CommandContext(t.Context(), "grep", "-rhoE", `^func Test\w+`, "--include=*_test.go",
		"async", "bridge", "cmd", "deploy", "integrations", "internal")
	command.Dir = top
	out, err := command.Output()
	require.NoError(t, err)
	there := strings.Split(string(out), "\n")
	for _, name := range []string{
		"SECURITY.md", "docs/ARCHITECTURE.md", "docs/BULK.md", "docs/SERVER.md", "Makefile", "tools/arm64/check",
		"cmd/internal/stress/suite.go", "bridge/internal/wire/op.go", "internal/routes/route.go",
	} {
		t.Run(name, func(t *testing.T) {
			page, err := os.ReadFile(filepath.Join(top, name))
			require.NoError(t, err)
			found := regexp.MustCompile(`\bTest[A-Z]\w*`).FindAllString(string(page), -1)
			require.NotEmpty(t, found)
			for _, test := range found {
				if test != "TestGoFiles" { // what go list calls them
					assert.True(t, slices.Contains(there, "func "+test), "there is no %s", test)
				}
			}
		})
	}
}
