// Package deploy tests what is in deploy: the container recipe with the parser that builds
// it, the manifests with the code by which a Kubernetes API server accepts them.
package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the top of the repository.
const root = "../.."

// built is a kustomization of the repository as kustomize builds it.
func built(t *testing.T, dir string) []byte {
	t.Helper()
	dir, err := filepath.Abs(dir)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-modfile=tools/go.mod", "kustomize", "build", dir)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err, "kustomize build %s", dir)
	return out
}

// kustomizations are all that can be applied, by name.
func kustomizations() map[string]string {
	return map[string]string{
		"base":    "../kubernetes/base",
		"vllm":    "../kubernetes/overlays/vllm",
		"metric":  "testdata/queue-metric",
		"sidecar": "testdata/gateway",
	}
}
