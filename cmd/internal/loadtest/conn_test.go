package loadtest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConn_keepAlive(t *testing.T) {
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/close":
			w.Header().Set("Connection", "close")
		case "/chunked":
			_, _ = w.Write([]byte("a"))
			w.(http.Flusher).Flush()
			_, _ = w.Write([]byte("b"))
			return
		}
		_, _ = w.Write([]byte(strings.Repeat("x", 100_000)))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	c := newConn(Address(s.Listener.Addr().String()))
	defer c.close()
	get := func(path string) string {
		status, body, err := c.do(t.Context(), []byte("GET "+path+" HTTP/1.1\r\nHost: h\r\n\r\n"))
		require.NoError(t, err)
		require.Equal(t, 200, status)
		return string(body)
	}
	assert.Equal(t, "ab", get("/chunked"))
	assert.Len(t, get("/"), 100_000)
	assert.EqualValues(t, 1, connections.Load())
	assert.Len(t, get("/close"), 100_000)
	assert.Equal(t, "ab", get("/chunked"))
	assert.EqualValues(t, 2, connections.Load())
}

func TestConn_context(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(asked); <-release }))
	defer s.Close()
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	c := newConn(Address(s.Listener.Addr().String()))
	_, _, err := c.do(ctx, []byte("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
	require.ErrorIs(t, err, context.Canceled)
	_, _, err = c.do(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestConn_unixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Host)) }))
	s.Listener = l
	s.Start()
	defer s.Close()
	a, err := ParseAddress("unix:" + path)
	require.NoError(t, err)
	c := newConn(a)
	defer c.close()
	_, body, err := c.do(t.Context(), []byte("GET / HTTP/1.1\r\nHost: "+a.host()+"\r\n\r\n"))
	require.NoError(t, err)
	assert.Equal(t, "localhost", string(body))
}

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]Address{
		"http://127.0.0.1:8000/": "127.0.0.1:8000", "localhost:80": "localhost:80", "unix:/run/s": "/run/s", "unix:///run/s": "/run/s", "./s": "./s", "unix:s": "./s",
	} {
		t.Run(text, func(t *testing.T) {
			a, err := ParseAddress(text)
			require.NoError(t, err)
			assert.Equal(t, want, a)
		})
	}
	for _, text := range []string{"https://x:1", "host", "http://h:1/path", ""} {
		_, err := ParseAddress(text)
		assert.Error(t, err, text)
	}
}
