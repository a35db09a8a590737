//go:build linux

package server_test

import (
	"encoding/json"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
)

// Without open files no worker can be made: requests are refused at once, /readyz says why, and all is as it was when
// there are some again.
func TestServer_noWorker(t *testing.T) {
	e := workers(t, 1)
	l := newLog()
	url := serve(t, e, server.Options{Timeout: time.Hour, AccessLog: true, Log: logger(l), Metrics: telemetry.NewMetrics(telemetry.Build{})})
	want := post(t, url+"/tokenize", chat)
	require.Equal(t, 200, want.status)

	// The connection that there is stays: requests over it need no file.
	var before unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &before))
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: before.Max}))
	lift := func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &before)) }
	t.Cleanup(lift)
	require.NoError(t, syscall.Kill(e.Stats().Workers[0].PID, syscall.SIGKILL))
	eventually(t, "it is seen", func() bool { return e.Stats().WorkersFailed >= 2 })
	refused := post(t, url+"/tokenize", chat)
	ready := ask(t, "GET", url+"/readyz", "")
	health := ask(t, "GET", url+"/health", "")
	metrics := ask(t, "GET", url+"/metrics", "")
	lift()

	assert.Equal(t, 503, refused.status)
	assert.Equal(t, `{"error":{"message":"No worker process can be made. Try again later.","type":"ServiceUnavailableError","param":null,"code":503}}`, refused.body)
	assert.Equal(t, "1", refused.header.Get("Retry-After"))
	assert.Equal(t, 503, ready.status)
	var said struct{ Status, Reason string }
	require.NoError(t, json.Unmarshal([]byte(ready.body), &said), ready.body)
	assert.Equal(t, "unavailable", said.Status)
	for _, part := range []string{"no worker process can be made", "too many open files", "ulimit -n"} {
		assert.Contains(t, said.Reason, part)
	}
	assert.Equal(t, 200, health.status, "as it is vLLM's")
	for _, line := range []string{"\nmtok_workers 0\n", "\nmtok_workers_wanted 1\n", "\nmtok_ready 0\n", `reason="no_worker"`} {
		assert.Contains(t, metrics.body, line)
	}
	assert.Contains(t, l.String(), "too many open files")
	assert.NotContains(t, l.String(), "a prompt")

	eventually(t, "a worker", func() bool { return ask(t, "GET", url+"/readyz", "").status == 200 })
	again := post(t, url+"/tokenize", chat)
	assert.Equal(t, []any{200, want.body}, []any{again.status, again.body})
}
