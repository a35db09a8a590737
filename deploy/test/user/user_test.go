package user

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const tokens = "[1 3 22177 1044 4304 1033 4]\n"

// vendored is a module of its own with the library in its vendor directory, which is all that it
// can be built from.
func vendored(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	dir := t.TempDir()
	version := goVersion(t, filepath.Join(root, "go.mod"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), fmt.Appendf(nil, `module example.com/user

go %s

require github.com/mistralbridge/mistralbridge v0.0.0

replace github.com/mistralbridge/mistralbridge => %s
`, version, root), 0o600))
	for from, to := range map[string]string{
		filepath.Join(root, "go.sum"): "go.sum", "testdata/main.go": "main.go", "testdata/export.go": "export.go", "testdata/main.c": "c/main.c",
	} {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, to), text, 0o600))
	}
	run(t, dir, nil, "go", "mod", "tidy")
	run(t, dir, nil, "go", "mod", "vendor")
	return dir
}

func goVersion(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if version, ok := strings.CutPrefix(line, "go "); ok {
			return strings.TrimSpace(version)
		}
	}
	require.Fail(t, "no version in go.mod")
	return ""
}

func run(t *testing.T, dir string, environ []string, name string, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Stderr = dir, &stderr
	cmd.Env = append(os.Environ(), environ...)
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", cmd, stderr.String())
	return string(out)
}

// Paths of the build are in nothing, which also lets the cache of earlier runs serve this one.
func TestUserModule(t *testing.T) {
	dir := vendored(t)
	build := func(t *testing.T, cgo string, args ...string) {
		t.Helper()
		args = append([]string{"build", "-mod=vendor", "-trimpath"}, append(args, ".")...)
		run(t, dir, []string{"GOFLAGS=", "GOPROXY=off", "CGO_ENABLED=" + cgo}, "go", args...)
	}
	for _, c := range []struct {
		name, cgo string
		kind      elf.Type
		flags     []string
	}{
		{"pie", "1", elf.ET_DYN, []string{"-buildmode=pie"}},
		{"race", "1", elf.ET_EXEC, []string{"-race"}},
		{"without cgo", "0", elf.ET_EXEC, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "user")
			build(t, c.cgo, append(c.flags, "-o", program)...)
			assert.Equal(t, tokens, run(t, "/", nil, program))
			file, err := elf.Open(program)
			require.NoError(t, err)
			defer file.Close()
			assert.Equal(t, c.kind, file.Type)
			text, err := os.ReadFile(program)
			require.NoError(t, err)
			assert.False(t, bytes.Contains(text, []byte(dir)), "a path of the build is in the program")
		})
	}
	t.Run("c-shared", func(t *testing.T) {
		out := t.TempDir()
		build(t, "1", "-buildmode=c-shared", "-o", filepath.Join(out, "libuser.so"))
		run(t, out, nil, "cc", "-o", "user", filepath.Join(dir, "c", "main.c"), "-L.", "-luser", "-Wl,-rpath,"+out)
		assert.Equal(t, tokens, run(t, "/", nil, filepath.Join(out, "user")))
	})
}
