package llmd_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/integrations/llmd"
	"github.com/mistralbridge/mistralbridge/integrations/llmd/internal/serve"
)

// A server that has no time, little memory and a key: what each costs a request, and that
// another server is tried after each but the last.
func TestProducer_serverRefuses(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(keys, []byte("secret\n"), 0o600))
	poor, err := serve.Start(t.Context(), program, model, "--timeout", "1ns", "--max-body", "400000", "--body-memory", "800000", "--read-timeout", "10m", "--api-key-file", keys)
	require.NoError(t, err)
	defer poor.Stop()
	// Whose body does not end has the memory of two.
	half, err := net.Dial("tcp", strings.TrimPrefix(poor.URL, "http://"))
	require.NoError(t, err)
	defer half.Close()
	_, err = fmt.Fprintf(half, "POST /tokenize HTTP/1.1\r\nHost: m\r\nContent-Type: application/json\r\nContent-Length: 400000\r\n\r\n%s", strings.Repeat(" ", 340<<10))
	require.NoError(t, err)

	small := `{"model": "m", "messages": [{"role": "user", "content": "Hello"}]}`
	large := `{"model": "m", "stop": "` + strings.Repeat("a", 370<<10) + `", "messages": [{"role": "user", "content": "Hello"}]}`
	for name, c := range map[string]struct {
		body, key string
		status    int
		again     bool
	}{
		"no time":   {small, "Bearer secret", http.StatusGatewayTimeout, true},
		"no memory": {large, "Bearer secret", http.StatusTooManyRequests, true},
		"no key":    {small, "", http.StatusUnauthorized, false},
		"wrong key": {small, "Bearer other", http.StatusUnauthorized, false},
	} {
		t.Run(name, func(t *testing.T) {
			req := llmd.Request{API: llmd.ChatCompletions, Body: []byte(c.body), Authorization: c.key}
			one := remote(t, llmd.Config{URLs: []string{poor.URL}})
			var refused *llmd.RenderError
			for refused == nil || c.body == large && refused.Status == http.StatusGatewayTimeout { // until the half has come
				_, err := one.Produce(t.Context(), req)
				require.ErrorAs(t, err, &refused)
			}
			assert.Equal(t, c.status, refused.Status, refused.Body)
			assert.Equal(t, c.again, refused.Retryable())
			assert.Equal(t, c.status == http.StatusTooManyRequests, refused.RetryAfter > 0)
			// Two calls begin with each of two servers once.
			both := remote(t, llmd.Config{URLs: []string{poor.URL, shared.URL}})
			failed := 0
			for range 2 {
				prompts, err := both.Produce(t.Context(), req)
				if err != nil {
					failed++
					require.ErrorAs(t, err, &refused)
					continue
				}
				assert.Equal(t, []llmd.Prompt{{[]uint32{1, 3, 22177, 4}}}, prompts)
			}
			assert.Equal(t, map[bool]int{true: 0, false: 1}[c.again], failed)
		})
	}
	// A probe of messages has the key of the configuration, and a request its own.
	_, err = remote(t, llmd.Config{URLs: []string{poor.URL}}).Produce(t.Context(), llmd.Request{API: llmd.Messages, Body: []byte(small)})
	require.ErrorContains(t, err, "status 401")
	_, err = remote(t, llmd.Config{URLs: []string{poor.URL}, APIKey: "secret"}).Produce(t.Context(), llmd.Request{API: llmd.Messages, Body: []byte(small)})
	require.ErrorContains(t, err, "status 504")
}

// A server that is gone, and one that does not answer: another one is asked.
func TestProducer_serverGone(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	hello := llmd.Request{API: llmd.ChatCompletions, Body: []byte(requests[0].body)}
	_, err := remote(t, llmd.Config{URLs: []string{gone.URL}}).Produce(t.Context(), hello)
	require.ErrorAs(t, err, new(*url.Error))
	both := remote(t, llmd.Config{URLs: []string{gone.URL, shared.URL}})
	slow := remote(t, llmd.Config{URLs: []string{"http://silent", "http://quick"}, AttemptTimeout: time.Millisecond, Transport: silence{}})
	for range 2 {
		prompts, err := both.Produce(t.Context(), hello)
		require.NoError(t, err)
		assert.Equal(t, []uint32{1, 3, 22177, 4}, prompts[0].TokenIDs)
		prompts, err = slow.Produce(t.Context(), hello)
		require.NoError(t, err)
		assert.Equal(t, []uint32{7}, prompts[0].TokenIDs)
	}
	_, err = remote(t, llmd.Config{URLs: []string{"http://silent"}, AttemptTimeout: time.Millisecond, Transport: silence{}}).Produce(t.Context(), hello)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = remote(t, llmd.Config{URLs: []string{"http://empty"}, Transport: silence{}}).Produce(t.Context(), hello)
	require.ErrorIs(t, err, llmd.ErrNoTokens)
}

// silence answers for servers but one, which does not.
type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "silent" {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	answer := httptest.NewRecorder()
	_, _ = answer.WriteString(map[string]string{"quick": `{"token_ids": [7]}`, "empty": `{"token_ids": []}`}[r.URL.Host])
	return answer.Result(), nil
}

// How messages are rendered is found out once, and not from a server that is in trouble.
func TestMessagesMode(t *testing.T) {
	target, err := url.Parse(shared.URL)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	var troubled, native atomic.Bool
	var probes atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		messages := r.URL.Path == "/v1/messages/render"
		if messages {
			probes.Add(1)
		}
		switch {
		case troubled.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case messages && native.Load():
			_, _ = w.Write([]byte(`{"token_ids": [7]}`))
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	defer front.Close()
	hello := llmd.Request{API: llmd.Messages, Body: []byte(`{"messages": [{"role": "user", "content": "Hello"}]}`)}

	r := remote(t, llmd.Config{URLs: []string{front.URL}})
	troubled.Store(true)
	_, err = r.Produce(t.Context(), hello)
	require.ErrorContains(t, err, "not known yet")
	troubled.Store(false)
	for range 2 {
		prompts, err := r.Produce(t.Context(), hello)
		require.NoError(t, err)
		assert.Equal(t, []llmd.Prompt{{[]uint32{1, 3, 22177, 4}}}, prompts)
	}
	assert.EqualValues(t, 2, probes.Load(), "the one in trouble and the one that answered")

	native.Store(true)
	prompts, err := remote(t, llmd.Config{URLs: []string{front.URL}}).Produce(t.Context(), hello)
	require.NoError(t, err)
	assert.Equal(t, []llmd.Prompt{{[]uint32{7}}}, prompts)

	_, err = remote(t, llmd.Config{MessagesMode: llmd.Native}).Produce(t.Context(), hello)
	require.ErrorContains(t, err, "status 404", "mtok serve has no such route")
}

// A call that waits for another to find out how messages are rendered ends with its own context.
func TestMessagesMode_context(t *testing.T) {
	asked, release := make(chan struct{}, 8), make(chan struct{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-release
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer front.Close()
	r := remote(t, llmd.Config{URLs: []string{front.URL}})
	hello := llmd.Request{API: llmd.Messages, Body: []byte(`{"messages": []}`)}
	first := make(chan error, 1)
	go func() {
		_, err := r.Produce(t.Context(), hello)
		first <- err
	}()
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Produce(ctx, hello) // with a mutex it would wait for the first, and so for ever
	require.ErrorIs(t, err, context.Canceled)
	close(release)
	require.Error(t, <-first)
}
