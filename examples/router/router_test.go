package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/blockhash"
)

func TestRouter_prefix(t *testing.T) {
	var urls []string
	for i := range 2 {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%d %d", i, len(body))
		}))
		t.Cleanup(s.Close)
		urls = append(urls, s.URL)
	}
	hasher, err := blockhash.New(blockhash.SHA256, 4, blockhash.DefaultSeed)
	require.NoError(t, err)
	router, err := New(tok, hasher, urls)
	require.NoError(t, err)
	ask := func(body string) (int, string) {
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	user := func(text string) string { return `{"role":"user","content":"` + text + `"}` }
	body := func(messages, more string) string { return `{"messages":[` + messages + `]` + more + `}` }
	cats, dogs := user("Tell me of cats and of their nine lives"), user("What do dogs dream of in winter nights?")
	chose := func(body string) string {
		code, text := ask(body)
		require.Equal(t, http.StatusOK, code, text)
		server, size, _ := strings.Cut(text, " ")
		require.Equal(t, fmt.Sprint(len(body)), size, "the body passes as it is")
		return server
	}
	first := chose(body(cats, ""))
	second := chose(body(dogs, ""))
	assert.NotEqual(t, first, second, "nothing in common: to the one with less")
	more := `,{"role":"assistant","content":"Much."},` + user("Go on")
	for range 3 {
		assert.Equal(t, first, chose(body(cats+more, `,"temperature":1.5`)))
		assert.Equal(t, second, chose(body(dogs+more, `,"stream":true`)))
	}
	// Another salt is another cache.
	hashes := len(router.servers[0].blocks) + len(router.servers[1].blocks)
	chose(body(cats, `,"cache_salt":"tenant"`))
	assert.Greater(t, len(router.servers[0].blocks)+len(router.servers[1].blocks), hashes)

	code, text := ask(`{"messages":[]}`)
	assert.Equal(t, http.StatusBadRequest, code, text)
	for _, s := range router.servers {
		assert.Zero(t, s.busy)
	}
}

func TestNew_badURLs(t *testing.T) {
	for _, urls := range [][]string{nil, {"gpu-1"}, {"http://[::1"}} {
		_, err := New(tok, nil, urls)
		assert.Error(t, err)
	}
}
