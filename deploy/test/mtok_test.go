package deploy

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// mtok is the program as it is now.
func mtok(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mtok")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./cmd/mtok")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

var flag = regexp.MustCompile(`(?m)^ +(?:-\w, )?--([a-z-]+)`)

// Whatever the manifests and the images say to the server must mean something to it.
func TestManifests_variables(t *testing.T) {
	help, err := exec.CommandContext(t.Context(), mtok(t), "serve", "--help").Output()
	require.NoError(t, err)
	known := map[string]bool{}
	for _, m := range flag.FindAllStringSubmatch(string(help), -1) {
		known["MTOK_SERVE_"+strings.ToUpper(strings.ReplaceAll(m[1], "-", "_"))] = true
	}
	require.Greater(t, len(known), 20, string(help))
	for name, dir := range kustomizations() {
		env, c := settings(t, dir)
		for key := range env {
			if strings.HasPrefix(key, "MTOK_SERVE_") {
				assert.True(t, known[key], "%s: %s", name, key)
			}
		}
		require.Equal(t, "serve", c.Args[0])
		for _, arg := range c.Args[1:] {
			if name, ok := strings.CutPrefix(arg, "--"); ok {
				assert.Contains(t, string(help), "--"+name+" ", arg)
			}
		}
	}
}

// The program starts with the settings of the base, answers each probe of each manifest, and
// ends in time.
func TestManifests_serverRuns(t *testing.T) {
	env, _ := settings(t, kustomizations()["base"])
	env["MTOK_SERVE_ADDR"] = freePort(t)
	delete(env, "MTOK_CACHE")
	delete(env, "HOME")
	delete(env, "PATH")
	delete(env, "MTOK_OFFLINE")
	cmd := exec.CommandContext(t.Context(), mtok(t), "serve")
	cmd.Env = os.Environ()
	for _, key := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, key+"="+env[key])
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	address := env["MTOK_SERVE_ADDR"]
	// A first run builds the environment.
	require.Eventually(t, func() bool { return get(address+"/readyz") == http.StatusOK || len(ended) > 0 }, 5*time.Minute, 20*time.Millisecond)
	require.Empty(t, ended, "it has ended")
	for name, dir := range kustomizations() {
		_, c := settings(t, dir)
		for _, path := range []string{c.StartupProbe.HTTPGet.Path, c.ReadinessProbe.HTTPGet.Path, c.LivenessProbe.HTTPGet.Path} {
			assert.Equal(t, http.StatusOK, get(address+path), "%s: %s", name, path)
		}
	}
	assert.Equal(t, http.StatusNotFound, get(address+"/none"))
	for _, name := range metrics(t) {
		assert.Contains(t, page(t, address+"/metrics"), "\n"+name+" ", "what the HorizontalPodAutoscaler asks for")
	}

	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	// Readiness ends first, so that no more requests come; a late one is still served.
	assert.Eventually(t, func() bool { return get(address+"/readyz") == http.StatusServiceUnavailable }, 10*time.Second, time.Millisecond)
	assert.Equal(t, http.StatusOK, get(address+"/livez"))
	assert.NoError(t, <-ended, log.String())
}

// metrics are those of ours by which a manifest scales.
func metrics(t *testing.T) []string {
	t.Helper()
	var names []string
	objects, err := accept(built(t, kustomizations()["metric"]))
	require.NoError(t, err)
	for _, m := range of[*autoscalingv2.HorizontalPodAutoscaler](t, objects).Spec.Metrics {
		if m.Pods != nil {
			names = append(names, m.Pods.Metric.Name)
		}
	}
	require.NotEmpty(t, names)
	return names
}

func page(t *testing.T, address string) string {
	t.Helper()
	r, err := http.Get("http://" + address)
	require.NoError(t, err)
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(text)
}

func get(address string) int {
	r, err := http.Get("http://" + address)
	if err != nil {
		return 0
	}
	defer r.Body.Close()
	return r.StatusCode
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
