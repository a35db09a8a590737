//go:build linux && (amd64 || arm64)

package bundled

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPython_Key_goSum fails when the data module is updated and the key
// is not: two contents would share a directory.
func TestPython_Key_goSum(t *testing.T) {
	file, err := os.Open(filepath.Join("..", "..", "go.sum"))
	require.NoError(t, err)
	defer file.Close()
	found := false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 || fields[0] != "github.com/kluctl/go-embed-python" || strings.HasSuffix(fields[1], "/go.mod") {
			continue
		}
		found = true
		assert.Equal(t, "v0.0.0-"+version, fields[1])
		assert.Equal(t, fields[0]+"@"+fields[1], Module)
		assert.Equal(t, fields[2], Sum)
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(fields[2], "h1:"))
		require.NoError(t, err)
		assert.Equal(t, content, hex.EncodeToString(sum)[:len(content)])
	}
	require.True(t, found, "go.sum does not name the data module")
	assert.Contains(t, Python().Key(), content)
	assert.NotContains(t, Python().Key(), string(filepath.Separator))
}

func TestPython_Unpack(t *testing.T) {
	shared := t.TempDir()
	t.Setenv("TMPDIR", shared)
	parent := t.TempDir()
	dir := filepath.Join(parent, "python")
	require.NoError(t, Python().Unpack(t.Context(), dir))
	pip := filepath.Join(parent, "pip")
	require.NoError(t, Python().UnpackPip(t.Context(), pip))

	entries, err := os.ReadDir(parent)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "no lock files and no temporaries are left")
	entries, err = os.ReadDir(shared)
	require.NoError(t, err)
	assert.Empty(t, entries, "the shared temporary directory was used")

	for _, name := range []string{"bin/python", "bin/python3", "lib/libpython3.14.so"} {
		t.Run(name, func(t *testing.T) {
			info, err := os.Lstat(filepath.Join(dir, name))
			require.NoError(t, err)
			assert.NotZero(t, info.Mode()&os.ModeSymlink, "%s is a copy", name)
		})
	}
	assert.FileExists(t, filepath.Join(dir, "lib", "libpython3.14.so.1.0"))

	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "bin", "python3"), "-m", "pip", "--version")
	cmd.Env = []string{"PYTHONPATH=" + pip, "PYTHONDONTWRITEBYTECODE=1"}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), pip)

	err = Python().Unpack(t.Context(), dir)
	assert.ErrorIs(t, err, os.ErrExist, "what is there already is not to be trusted")
	err = Python().UnpackPip(t.Context(), pip)
	assert.ErrorIs(t, err, os.ErrExist)
}

func TestPython_UnpackPip_relativeTMPDIR(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TMPDIR", "tmp")
	dir := filepath.Join(t.TempDir(), "pip")
	require.NoError(t, Python().UnpackPip(t.Context(), dir))
	assert.FileExists(t, filepath.Join(dir, "pip", "__main__.py"))
	assert.NoDirExists(t, "tmp")
}

func TestPython_Unpack_cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := filepath.Join(t.TempDir(), "python")
	assert.ErrorIs(t, Python().Unpack(ctx, dir), context.Canceled)
	assert.ErrorIs(t, Python().UnpackPip(ctx, dir), context.Canceled)
	assert.NoDirExists(t, dir)
}
