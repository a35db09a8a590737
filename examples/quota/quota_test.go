package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const hello = `{"model":"m","stream":true,"messages":[{"role":"user","content":"Hello"}]}` // 4 tokens

func TestQuota_perKey(t *testing.T) {
	var passed []string
	q := New(tok, 10, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		passed = append(passed, string(body))
	}))
	ask := func(key, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
		r.Header.Set("Authorization", key)
		q.ServeHTTP(w, r)
		return w
	}
	for _, left := range []string{"6", "2"} {
		w := ask("alice", hello)
		assert.Equal(t, http.StatusOK, w.Code)
		assert.Equal(t, left, w.Header().Get("X-RateLimit-Remaining-Tokens"))
	}
	w := ask("alice", hello)
	assert.Equal(t, http.StatusTooManyRequests, w.Code)
	assert.JSONEq(t, `{"error":{"message":"the prompt has 4 tokens, and 2 are left","code":429}}`, w.Body.String())
	assert.Equal(t, http.StatusOK, ask("bob", hello).Code)
	assert.Equal(t, []string{hello, hello, hello}, passed)

	for _, wrong := range []string{``, `[]`, `{"messages":[]}`, `{"messages":[{"role":"user","content":"a"}],"documents":[{}]}`} {
		w := ask("bob", wrong)
		assert.Equal(t, http.StatusBadRequest, w.Code, wrong)
		assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	}
	assert.Equal(t, http.StatusRequestEntityTooLarge, ask("bob", strings.Repeat(" ", maxBody+1)).Code)
	assert.Len(t, passed, 3)
}

func TestQuota_otherRoutes(t *testing.T) {
	q := New(tok, 0, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	w := httptest.NewRecorder()
	q.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/models", nil))
	assert.Equal(t, http.StatusTeapot, w.Code)
}
