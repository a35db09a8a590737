package mistral_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/mistralbridge/mistralbridge"

// What makes requests may be built anywhere, with any toolchain: no cgo, no Python, and of
// ours only what reads and writes JSON, and copies large texts.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{.Standard}} {{len .CgoFiles}}", ".").Output()
	require.NoError(t, err)
	ours := []string{"/bridge/mistral", "/bridge/internal/jsonenc", "/bridge/internal/describe", "/bridge/internal/preemptible", "/bridge/pyjson"}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if f[1] == "true" {
			continue
		}
		name, found := strings.CutPrefix(f[0], module)
		assert.True(t, found && slices.Contains(ours, name), "it needs %s", f[0])
		assert.Equal(t, "0", f[2], "%s needs cgo", f[0])
	}
}

// A program that uses only this package, for the systems on which package bridge cannot run
// Python.
func TestGateway_builds(t *testing.T) {
	for _, target := range []string{"darwin/arm64", "windows/amd64"} {
		t.Run(target, func(t *testing.T) {
			system, machine, _ := strings.Cut(target, "/")
			file := filepath.Join(t.TempDir(), "gateway")
			build := exec.Command("go", "build", "-o", file, "./testdata/gateway")
			build.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+machine, "CGO_ENABLED=0")
			out, err := build.CombinedOutput()
			require.NoError(t, err, "%s: %s", target, out)
			assert.FileExists(t, file)
		})
	}
}

// The same program, here.
func TestGateway_runs(t *testing.T) {
	run := exec.Command("go", "run", "./testdata/gateway")
	run.Stdin = strings.NewReader(`{"messages":[{"role":"user","content":"Hi"}],"temperature":0.70}`)
	out, err := run.Output()
	require.NoError(t, err)
	assert.Equal(t, `{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"temperature":0.7}`, string(out))
}
