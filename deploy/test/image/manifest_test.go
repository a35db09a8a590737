//go:build image

package image

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	syaml "sigs.k8s.io/yaml"
)

// root is the top of the repository.
const root = "../../.."

// pod is what a kustomization says about the pod with the server, its container, and the variables that
// the container is given.
type pod struct {
	corev1.PodSpec
	container corev1.Container
	env       map[string]string
}

// manifest reads a kustomization, which the tests of the package above have found valid.
func manifest(t *testing.T, dir string) pod {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(root, "deploy", dir))
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-modfile=tools/go.mod", "kustomize", "build", dir)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	require.NoError(t, err, "kustomize build %s", dir)

	var deployment appsv1.Deployment
	configs := map[string]map[string]string{}
	for documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		var kind metav1.TypeMeta
		require.NoError(t, syaml.Unmarshal(document, &kind))
		switch kind.Kind {
		case "Deployment":
			require.NoError(t, syaml.Unmarshal(document, &deployment))
		case "ConfigMap":
			var config corev1.ConfigMap
			require.NoError(t, syaml.Unmarshal(document, &config))
			configs[config.Name] = config.Data
		}
	}
	p := pod{PodSpec: deployment.Spec.Template.Spec, env: map[string]string{}}
	for _, c := range append(p.InitContainers, p.Containers...) {
		if c.Name == "mtok" {
			p.container = c
		}
	}
	require.NotEmpty(t, p.container.Name, "no container mtok")
	for _, from := range p.container.EnvFrom {
		require.Contains(t, configs, from.ConfigMapRef.Name)
		maps.Copy(p.env, configs[from.ConfigMapRef.Name])
	}
	for _, v := range p.container.Env {
		p.env[v.Name] = v.Value
	}
	// What a pod says holds where its container does not say otherwise.
	if s := p.container.SecurityContext; s.RunAsUser == nil {
		s.RunAsUser, s.RunAsGroup, s.SeccompProfile = p.SecurityContext.RunAsUser, p.SecurityContext.RunAsGroup, p.SecurityContext.SeccompProfile
	}
	return p
}
