package client_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/client"
)

// A server with a key and little memory, which is full, asked with every patience; then it is
// gone.
func TestClient_fullServer(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(keys, []byte("secret\n"), 0o600))
	s, err := start("--model", "v3-tekken", "--api-key-file", keys, "--max-body", "1048576", "--body-memory", "1048576", "--read-timeout", "1h")
	require.NoError(t, err)
	ended := false
	defer func() {
		if !ended {
			_ = s.stop()
		}
	}()
	for _, key := range []string{"", "wrong"} {
		t.Run(key, func(t *testing.T) {
			var opts []client.Option
			if key != "" {
				opts = append(opts, client.WithAPIKey(key))
			}
			_, err = dial(t, s.url, opts...).Tokenizer(t.Context(), "")
			require.ErrorIs(t, err, client.ErrUnauthorized)
			assert.Equal(t, 500, bridge.HTTPStatus(err), "it is no fault of a gateway's own caller")
			assert.False(t, bridge.Retryable(err))
		})
	}
	tok, err := dial(t, s.url, client.WithAPIKey("secret")).Tokenizer(t.Context(), "v3-tekken")
	require.NoError(t, err)
	n, err := tok.CountText(t.Context(), "Hello, world!", true, false)
	require.NoError(t, err)
	assert.Equal(t, 5, n)

	_, err = tok.CountText(t.Context(), strings.Repeat("a", 1<<20+1), true, false)
	require.ErrorIs(t, err, bridge.ErrTooLarge)
	assert.Equal(t, 413, bridge.HTTPStatus(err))

	full, release := fill(t, s.url)
	text := strings.Repeat("Hello ", 30_000)
	_, err = tok.CountText(t.Context(), text, true, false)
	require.ErrorIs(t, err, bridge.ErrOverloaded)
	assert.Equal(t, bridge.ReasonOverloaded, bridge.ReasonOf(err))
	assert.Equal(t, 429, bridge.HTTPStatus(err))
	assert.True(t, bridge.Retryable(err))
	var told *client.ServerError
	require.ErrorAs(t, err, &told)
	assert.Equal(t, client.ServerError{
		Op: "count", Status: 429, Reason: bridge.ReasonOverloaded, Message: "Too many requests are waiting. Try again later.",
		RetryAfter: time.Second, Err: bridge.ErrOverloaded,
	}, *told)
	// Patience: the first try has been refused when the memory is given back.
	patient, err := dial(t, s.url, client.WithAPIKey("secret"), client.WithRetries(1<<20), client.WithHTTPClient(&http.Client{Transport: release})).Tokenizer(t.Context(), "")
	require.NoError(t, err)
	n, err = patient.CountText(t.Context(), text, true, false)
	require.NoError(t, err)
	assert.Greater(t, n, 30_000)
	assert.Positive(t, release.refused.Load())
	_ = full.Close()

	require.NoError(t, s.stop())
	ended = true
	_, err = tok.CountText(t.Context(), "Hello", true, false)
	require.ErrorIs(t, err, bridge.ErrNoWorker)
	assert.Equal(t, bridge.ReasonNoWorker, bridge.ReasonOf(err))
	assert.Equal(t, 503, bridge.HTTPStatus(err))
	assert.True(t, bridge.Retryable(err))
	var broken *client.TransportError
	require.ErrorAs(t, err, &broken)
	assert.Equal(t, "count", broken.Op)
	assert.ErrorContains(t, err, s.url)
	assert.Equal(t, bridge.ReasonNoWorker, bridge.ReasonOf(dial(t, s.url).Ready(t.Context())))
}

// fill sends most of a large body, so that no other has room.
func fill(t *testing.T, url string) (net.Conn, *releasing) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	_, err = fmt.Fprintf(c, "POST /v1/encode?of=text HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Length: %d\r\n\r\n%s", 1<<20, strings.Repeat("a", 1<<20-1))
	require.NoError(t, err)
	for !strings.Contains(get(t, url+"/metrics"), "\nmtok_http_body_memory_bytes 1.048576e+06\n") { // until it has come
		runtime.Gosched()
	}
	return c, &releasing{c: c}
}

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

// releasing gives the memory back when a request has been refused for want of it.
type releasing struct {
	c       net.Conn
	refused atomic.Int32
}

func (r *releasing) RoundTrip(q *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(q)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		r.refused.Add(1)
		_ = r.c.Close()
		resp.Header.Del("Retry-After") // a second is long for a test
	}
	return resp, err
}

// Contexts that end before and during a call say what they say of a call in this process.
func TestClient_contexts(t *testing.T) {
	p := newPair(t, tekken)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	for _, ctx := range []context.Context{gone, late} {
		for name, call := range map[string]func(e either) (any, error){
			"chat":   func(e either) (any, error) { return e.EncodeChatJSON(ctx, []byte(hello)) },
			"text":   func(e either) (any, error) { return e.EncodeText(ctx, "a", true, true) },
			"count":  func(e either) (any, error) { return e.CountText(ctx, "a", true, true) },
			"decode": func(e either) (any, error) { return e.Decode(ctx, []int32{1}, bridge.Keep) },
		} {
			p.same(t, name, func(_ context.Context, e either) (any, error) { return call(e) })
		}
	}
	assert.Equal(t, 8, p.failed)

	entered := make(chan struct{})
	s := fake(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the server sees that a caller has gone behind the body
		close(entered)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	_, err := s.EncodeText(ctx, "a", true, true)
	assert.EqualError(t, err, "bridge: encode: context canceled")
	assert.Equal(t, bridge.ReasonCanceled, bridge.ReasonOf(err))
}

// fake is a tokenizer of a server whose answers are injected.
func fake(t *testing.T, h http.HandlerFunc, opts ...client.Option) *client.Tokenizer {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/tokenizers" {
			_, _ = io.WriteString(w, `{"data":[{"names":["m"],"description":{},"warnings":[]}]}`)
			return
		}
		h(w, r)
	}))
	t.Cleanup(s.Close)
	tok, err := dial(t, s.URL, append(opts, client.WithHTTPClient(s.Client()))...).Tokenizer(t.Context(), "")
	require.NoError(t, err)
	return tok
}

// What else may come instead of an answer.
func TestClient_badAnswers(t *testing.T) {
	own := func(reason string) string {
		return `{"error":{"reason":"` + reason + `","message":"words"},"warnings":[]}`
	}
	for name, c := range map[string]struct {
		status int
		body   string
		want   bridge.Reason
		is     error
		again  bool
	}{
		"a worker":           {503, own("worker_died"), bridge.ReasonWorkerDied, bridge.ErrWorkerDied, true},
		"memory":             {500, own("worker_memory"), bridge.ReasonWorkerMemory, bridge.ErrWorkerMemory, false},
		"no worker":          {503, own("no_worker"), bridge.ReasonNoWorker, bridge.ErrNoWorker, true},
		"a loop":             {503, own("crash_loop"), bridge.ReasonCrashLoop, bridge.ErrCrashLoop, true},
		"the end":            {503, own("closed"), bridge.ReasonClosed, bridge.ErrClosed, true},
		"loading":            {503, own("loading"), bridge.ReasonClosed, bridge.ErrClosed, true},
		"time":               {504, own("timeout"), bridge.ReasonTimeout, bridge.ErrTimeLimit, false},
		"a slow body":        {408, own("slow_body"), bridge.ReasonTimeout, bridge.ErrTimeLimit, false},
		"a defect":           {500, own("internal"), bridge.ReasonInternal, nil, false},
		"a parameter":        {400, own("invalid_request"), bridge.ReasonInvalid, bridge.ErrInvalidRequest, false},
		"a proxy":            {502, "<html>", bridge.ReasonNoWorker, bridge.ErrNoWorker, true},
		"a busy proxy":       {429, "", bridge.ReasonOverloaded, bridge.ErrOverloaded, true},
		"a proxy's limit":    {413, "too large", bridge.ReasonTooLarge, bridge.ErrTooLarge, false},
		"another server":     {404, `{"detail":"Not Found"}`, bridge.ReasonInternal, nil, false},
		"no JSON":            {200, "hello", bridge.ReasonInternal, bridge.ErrInternal, false},
		"half of the answer": {200, `{"tokens":[1`, bridge.ReasonInternal, bridge.ErrInternal, false},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			tok := fake(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := tok.EncodeText(t.Context(), "a", true, false)
			require.Error(t, err)
			assert.Equal(t, c.want, bridge.ReasonOf(err), err)
			assert.Equal(t, c.again, bridge.Retryable(err), err)
			if c.is != nil {
				assert.ErrorIs(t, err, c.is)
			}
		})
	}
}

// A connection that breaks during the call, a client's own timeout, a certificate nobody knows.
func TestTransportError(t *testing.T) {
	tok := fake(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := tok.EncodeText(t.Context(), "a", true, false)
	require.ErrorIs(t, err, bridge.ErrWorkerDied)
	assert.True(t, bridge.Retryable(err))
	assert.Equal(t, 503, bridge.HTTPStatus(err))

	tok = fake(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"tokens":`)
	})
	_, err = tok.EncodeText(t.Context(), "a", true, false)
	require.ErrorIs(t, err, bridge.ErrWorkerDied)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)

	stuck := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	defer s.Close()
	defer close(stuck)
	err = dial(t, s.URL, client.WithHTTPClient(&http.Client{Timeout: time.Nanosecond})).Ready(t.Context())
	assert.Equal(t, bridge.ReasonTimeout, bridge.ReasonOf(err), err)
	assert.Equal(t, 504, bridge.HTTPStatus(err))

	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // that nobody trusts it
	secure.StartTLS()
	defer secure.Close()
	err = dial(t, secure.URL).Ready(t.Context())
	assert.ErrorContains(t, err, "certificate")
	assert.Equal(t, bridge.ReasonInternal, bridge.ReasonOf(err))
	assert.False(t, bridge.Retryable(err))
}
