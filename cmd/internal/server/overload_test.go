package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// crowded is an engine without a place, until the test makes some.
type crowded struct {
	server.Engine
	free atomic.Bool
}

func (c *crowded) Admit() error {
	if c.free.Load() {
		return c.Engine.Admit()
	}
	return bridge.ErrOverloaded
}

const (
	tooManyOfVLLM    = `{"error":{"message":"Too many requests are waiting. Try again later.","type":"Too Many Requests","param":null,"code":429}}`
	tooManyOfMistral = `{"detail":"Too many requests are waiting. Try again later."}`
)

// Where there is no place for a request its body is not waited for, whatever was announced.
func TestOverload_readsNoBody(t *testing.T) {
	url := serve(t, &crowded{Engine: shared}, server.Options{})
	for path, want := range map[string]string{"/tokenize": tooManyOfVLLM, "/v1/tokenize/": tooManyOfMistral} {
		t.Run(path, func(t *testing.T) {
			for _, length := range []string{"Content-Length: 50000000", "Expect: 100-continue\r\nContent-Length: 50"} {
				c := wire(t, url)
				_, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\n\r\n", path, length)
				require.NoError(t, err)
				a := answerOn(t, c)
				assert.Equal(t, 429, a.status, path)
				assert.Equal(t, want, a.body)
				assert.Equal(t, "1", a.header.Get("Retry-After"))
				assert.Equal(t, "application/json", a.header.Get("Content-Type"))
			}
		})
	}
	m := metrics(t, url)
	assert.Equal(t, "2", m[`mtok_http_requests_total{route="/tokenize",status="429"}`])
	assert.Equal(t, "4", m[`mtok_http_failures_total{reason="overloaded"}`])
	assert.Equal(t, "0", m[`mtok_http_request_size_bytes_count{route="/tokenize"}`], "nothing was received")
	assert.Equal(t, "0", m[`mtok_http_body_memory_bytes`])
}

// Who is refused may ask again on the same connection, and is answered when there is a place.
func TestOverload_keepsConnection(t *testing.T) {
	e := &crowded{Engine: shared}
	url := serve(t, e, server.Options{})
	c := wire(t, url)
	in := bufio.NewReader(c)
	next := func() answer {
		_, err := fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", postHead, len(chat), chat)
		require.NoError(t, err)
		resp, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.False(t, resp.Close)
		return answer{resp.StatusCode, resp.Header, string(b)}
	}
	for range 3 {
		a := next()
		assert.Equal(t, 429, a.status)
		assert.Equal(t, tooManyOfVLLM, a.body)
	}
	e.free.Store(true)
	assert.Equal(t, post(t, url+"/tokenize", chat).body, next().body)
	e.free.Store(false)
	assert.Equal(t, 429, next().status)
	assert.Equal(t, 200, ask(t, "GET", url+"/health", "").status, "which needs no place")
}
