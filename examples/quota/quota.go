package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/mistralbridge/mistralbridge/bridge"
)

const maxBody = 32 << 20

// Quota bills prompts to the key that sent them.
type Quota struct {
	tok   *bridge.Tokenizer
	limit int
	next  http.Handler

	mu   sync.Mutex
	used map[string]int
}

// New makes a Quota of so many tokens a key before a handler.
func New(tok *bridge.Tokenizer, limit int, next http.Handler) *Quota {
	return &Quota{tok: tok, limit: limit, next: next, used: map[string]int{}}
}

func (q *Quota) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/chat/completions" {
		q.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		refuse(w, http.StatusRequestEntityTooLarge, err.Error())
		return
	case err != nil:
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	n, err := q.tok.CountOpenAI(r.Context(), body)
	if err != nil {
		refuse(w, bridge.HTTPStatus(err), err.Error())
		return
	}
	left, ok := q.take(r.Header.Get("Authorization"), n)
	w.Header().Set("X-RateLimit-Limit-Tokens", strconv.Itoa(q.limit))
	w.Header().Set("X-RateLimit-Remaining-Tokens", strconv.Itoa(left))
	if !ok {
		refuse(w, http.StatusTooManyRequests, fmt.Sprintf("the prompt has %d tokens, and %d are left", n, left))
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	q.next.ServeHTTP(w, r)
}

// take takes all n tokens or none.
func (q *Quota) take(key string, n int) (left int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if left = q.limit - q.used[key]; n > left {
		return left, false
	}
	q.used[key] += n
	return left - n, true
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": message, "code": status}})
}
