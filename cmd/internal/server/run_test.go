package server_test

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// A call may take longer than a body may: what limits the one does not end the other.
func TestRun_longCall(t *testing.T) {
	e := newSlow(shared)
	url := serve(t, e, server.Options{ReadTimeout: 50 * time.Millisecond}) + "/tokenize"
	time.AfterFunc(300*time.Millisecond, func() { close(e.gate) })
	a := post(t, url, chat)
	assert.Equal(t, 200, a.status, a.body)
	assert.Equal(t, 200, post(t, url, chat).status, "on the same connection")
}

// Calls that hang, as many as come, keep neither probes nor metrics waiting.
func TestRun_healthDoesNotWait(t *testing.T) {
	e := newSlow(shared)
	url := serve(t, e, server.Options{})
	done := make(chan error, 100)
	for range cap(done) {
		go func() {
			_, err := try(t.Context(), http.DefaultClient, "POST", url+"/tokenize", chat, isJSON)
			done <- err
		}()
	}
	for range cap(done) {
		<-e.entered
	}
	for _, path := range []string{"/health", "/ping", "/livez", "/readyz", "/version", "/v1/models", "/metrics"} {
		assert.Equal(t, 200, ask(t, "GET", url+path, "").status, path)
	}
	close(e.gate)
	for range cap(done) {
		require.NoError(t, <-done)
	}
}

// HTTP/2 without TLS is served too, and its gRPC goes to the handler for that.
func TestRun_HTTP2(t *testing.T) {
	grpc := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = io.Copy(w, r.Body)
		w.Header().Set("Grpc-Status", "0")
	})
	url := serve(t, shared, server.Options{GRPC: grpc})
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport}
	a, err := try(t.Context(), c, "POST", url+"/tokenize", chat, isJSON)
	require.NoError(t, err)
	assert.Equal(t, 200, a.status)
	large := `{"prompt":"` + strings.Repeat("word ", 100000) + `"}`
	a, err = try(t.Context(), c, "POST", url+"/tokenize", large, isJSON)
	require.NoError(t, err)
	assert.Equal(t, post(t, url+"/tokenize", large).body, a.body)
	for _, kind := range []string{"application/grpc", "application/grpc+proto"} {
		t.Run(kind, func(t *testing.T) {
			a, err = try(t.Context(), c, "POST", url+"/package.Service/Method", "message", "Content-Type: "+kind)
			require.NoError(t, err)
			assert.Equal(t, "message", a.body)
		})
	}
	a = ask(t, "POST", url+"/package.Service/Method", "message", "Content-Type: application/grpc")
	assert.Equal(t, 404, a.status, "HTTP/1 has no gRPC")
}

func TestRun_debug(t *testing.T) {
	l := newLog()
	url := serve(t, shared, server.Options{Debug: "127.0.0.1:0", Log: logger(l)})
	assert.Equal(t, 404, ask(t, "GET", url+"/debug/vars", "").status, "never on the address for all")
	eventually(t, "its address", func() bool { return strings.Contains(l.String(), "debug=true") })
	addr := regexp.MustCompile(`addr=(\S+) debug=true`).FindStringSubmatch(l.String())[1]
	assert.Contains(t, ask(t, "GET", "http://"+addr+"/debug/vars", "").body, "memstats")
	assert.Equal(t, 200, ask(t, "GET", "http://"+addr+"/debug/pprof/goroutine?debug=1", "").status)
}

// A URL is one that this machine can ask.
func TestLogListening(t *testing.T) {
	l := newLog()
	socket := filepath.Join(t.TempDir(), "s")
	s, err := server.New(quiet{shared}, server.Options{Addrs: []string{"127.0.0.1:0", "0.0.0.0:0", "[::1]:0"}, UDS: socket, Log: logger(l)})
	require.NoError(t, err)
	require.NoError(t, s.Listen())
	assert.NotContains(t, l.String(), "listening", "not before it accepts requests")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	urls := s.LogListening()
	require.Len(t, urls, 4)
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, urls[0])
	assert.Regexp(t, `^http://localhost:\d+$`, urls[1])
	assert.Regexp(t, `^http://\[::1\]:\d+$`, urls[2])
	assert.Equal(t, "unix:"+socket, urls[3])
	assert.Equal(t, 4, strings.Count(l.String(), "msg=listening"))
	for _, url := range urls[:3] {
		assert.Equal(t, 200, ask(t, "GET", url+"/livez", "").status, url)
	}
	cancel()
	require.NoError(t, <-done)
}

// A connection on which nothing is asked any more ends after the time that is set for that.
func TestRun_idleConnections(t *testing.T) {
	all, _ := doors(t, idle{tokensOf(3)}, server.Options{IdleTimeout: 300 * time.Millisecond})
	for _, d := range all {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel() // a connection without a request has the time that a head has
			c := d.dial("http/1.1")
			_, err := io.WriteString(c, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
			require.NoError(t, err)
			got, err := io.ReadAll(c)
			require.NoError(t, err, "it is held")
			assert.Contains(t, string(got), "HTTP/1.1 200 OK\r\n")

			for f := framesOn(t, d.dial("h2")); ; {
				frame, err := f.ReadFrame()
				require.NoError(t, err, "it is held")
				if frame.Header().Type == http2.FrameGoAway {
					break
				}
			}
		})
	}
}
