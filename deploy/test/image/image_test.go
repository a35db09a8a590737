//go:build image

package image

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The image that the recipe makes runs as the manifests say, answers their probes, and makes the
// reference's tokens: with as many workers as they say, as a sidecar on a socket, with any user's
// number, and in one process.
func TestImage_serves(t *testing.T) {
	e := newEngine(t)
	e.build("mtok")
	for name, c := range map[string]struct {
		kustomization, user, workers, host string
	}{
		"base":         {kustomization: "kubernetes/base"},
		"sidecar":      {kustomization: "test/testdata/gateway", host: "uds"},
		"another user": {kustomization: "kubernetes/base", user: "12345:0"},
		"one process":  {kustomization: "kubernetes/base", workers: "0"},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{}
			if c.workers != "" {
				env["MTOK_SERVE_WORKERS"] = c.workers
			}
			serves(t, e, c.kustomization, env, c.user, c.host)
		})
	}
}

// vLLM's image takes 9 GB in the storage of images, 20 while it is built: it has a target of its own.
func TestVLLMImage_serves(t *testing.T) {
	e := newEngine(t)
	e.build("mtok-vllm")
	serves(t, e, "kubernetes/overlays/vllm", nil, "", "")
}

func serves(t *testing.T, e *engine, dir string, env map[string]string, user, host string) {
	t.Helper()
	p := manifest(t, dir)
	c, spec := e.start(t, p, env, user), p.container
	c.ready(t, spec.StartupProbe)
	assert.Equal(t, http.StatusOK, c.get(spec.ReadinessProbe.HTTPGet.Path))
	assert.Equal(t, http.StatusOK, c.get(spec.LivenessProbe.HTTPGet.Path))
	assert.Equal(t, http.StatusNotFound, c.get("/none"))

	if host == "" {
		host = "127.0.0.1"
	}
	r, err := c.http.Post("http://"+host+":8000/tokenize", "application/json", strings.NewReader(`{"prompt":"Hello, world!"}`))
	require.NoError(t, err)
	defer r.Body.Close()
	var answer struct{ Tokens []int }
	require.NoError(t, json.NewDecoder(r.Body).Decode(&answer))
	assert.Equal(t, []int{1, 22177, 1044, 4304, 1033}, answer.Tokens)

	if user == "" {
		user = fmt.Sprint(*spec.SecurityContext.RunAsUser)
	}
	uid, _, _ := strings.Cut(user, ":")
	c.confined(t, uid)
	for _, shell := range []string{"sh", "/bin/sh", "bash"} {
		out, err := c.exec(shell, "-c", "true").CombinedOutput()
		assert.Error(t, err)
		assert.Contains(t, string(out), "not found", "%s", shell)
	}
	c.stop(t, p.env["MTOK_SERVE_DRAIN_DELAY"] != "")
}
