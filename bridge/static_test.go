package bridge_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// A program that is linked statically gets an error that says so, and the way out in it works.
func TestOpen_staticallyLinked(t *testing.T) {
	t.Parallel()
	env, err := bridge.FindEnvironment(t.Context(), bridge.WithDistribution(bundled.Python()))
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "static")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-linkmode=external -extldflags=-static", "-o", program, "./testdata/static").CombinedOutput()
	require.NoError(t, err, string(out))
	out, err = exec.CommandContext(t.Context(), program, env.Executable).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "true environment bridge: start ")
	assert.Contains(t, string(out), "the program is linked statically and can load no libpython: link it without -static, or open with WithWorkers")
	assert.Contains(t, string(out), "with workers: <nil>\n")
}
