//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// served is a server of its own process, with its log in a file.
func served(t *testing.T, command string, env ...string) (cmd *exec.Cmd, socket string, log func() string) {
	t.Helper()
	return servedBy(t, command, nil, env...)
}

func servedBy(t *testing.T, command string, attr *syscall.SysProcAttr, env ...string) (cmd *exec.Cmd, socket string, log func() string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "s")
	path := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	cmd = exec.CommandContext(t.Context(), "sh", "-c", command, "sh", "mtok", "serve", "--model", "v3", "--addr", "", "--uds", socket, "--log-format", "json")
	cmd.Env, cmd.Stderr = append(append(os.Environ(), "MTOK_CACHE="+cacheDir(t)), env...), file
	cmd.SysProcAttr = attr
	err = cmd.Start()
	if attr != nil && errors.Is(err, syscall.EPERM) && os.Getuid() != 0 {
		t.Skip("this user may make no namespaces here, as below chroot: a server cannot be process 1 of any; root's run of this test can")
	}
	require.NoError(t, err)
	return cmd, socket, func() string {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(text)
	}
}

// SIGHUP, more than one of it, ends a server as SIGTERM does: requests under way are answered.
func TestHangup(t *testing.T) {
	// Under nohup these tests would leave SIGHUP ignored to the server; what is handled here is not ignored there.
	handled := make(chan os.Signal, 1)
	signal.Notify(handled, syscall.SIGHUP)
	defer signal.Stop(handled)
	cmd, socket, log := served(t, `exec "$@"`)
	askUnix(t, socket, "/tokenize", `{"prompt": "Hello"}`)
	c, err := net.Dial("unix", socket)
	require.NoError(t, err)
	defer c.Close()
	const body = `{"prompt": "Hello"}`
	_, err = fmt.Fprintf(c, "POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:5])
	require.NoError(t, err)
	askUnix(t, socket, "/tokenize", body) // which comes after what has been sent
	for range 3 {
		require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
		require.Eventually(t, func() bool { return strings.Contains(log(), "shutting down") }, 2*time.Minute, 10*time.Millisecond)
	}
	_, err = io.WriteString(c, body[5:])
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err, log())
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"tokens":[1,23325]`)
	require.NoError(t, cmd.Wait(), log())
}

// Under nohup a terminal that goes is nothing to a server.
func TestHangup_nohup(t *testing.T) {
	cmd, socket, log := served(t, `trap "" HUP; exec "$@"`)
	askUnix(t, socket, "/tokenize", `{"prompt": "Hello"}`)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	require.NoError(t, err)
	ignored := regexp.MustCompile(`SigIgn:\s*([0-9a-f]+)`).FindStringSubmatch(string(status))
	require.NotNil(t, ignored)
	mask, err := strconv.ParseUint(ignored[1], 16, 64)
	require.NoError(t, err)
	assert.NotZero(t, mask&1, "SIGHUP is ignored")
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	assert.Contains(t, askUnix(t, socket, "/tokenize", `{"prompt": "Hello"}`), "tokens")
	assert.NotContains(t, log(), "shutting down")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), log())
}

// All of a server's log is what --log-format says, also what the exporter of traces complains of.
func TestServe_logFormat(t *testing.T) {
	cmd, socket, log := served(t, `exec "$@"`, "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_BSP_SCHEDULE_DELAY=10", "OTEL_EXPORTER_OTLP_TIMEOUT=100")
	askUnix(t, socket, "/tokenize", `{"prompt": "Hello"}`)
	require.Eventually(t, func() bool { return strings.Contains(log(), "127.0.0.1:1") }, 2*time.Minute, 10*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), log())
	for line := range strings.Lines(log()) {
		assert.NoError(t, json.Unmarshal([]byte(line), new(map[string]any)), line)
	}
	assert.Contains(t, log(), "a trace or a metric could not be sent")
}
