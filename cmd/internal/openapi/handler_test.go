package openapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/cmd/internal/openapi"
)

func get(h http.Handler, method string, header http.Header) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, "/openapi.json", nil)
	r.Header = header
	h.ServeHTTP(w, r)
	return w
}

// It is made once it can be, once.
func TestHandler(t *testing.T) {
	fails, calls := true, 0
	h := openapi.Handler(func(context.Context) ([]byte, error) {
		calls++
		if fails {
			return nil, errors.New("a secret")
		}
		return []byte(`{"openapi":"3.1.0"}`), nil
	})
	w := get(h, http.MethodGet, nil)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
	assert.JSONEq(t, `{"error":{"message":"The document cannot be made now.","type":"ServiceUnavailableError","param":null,"code":503}}`, w.Body.String())

	fails = false
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			w := get(h, http.MethodGet, nil)
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
			assert.Equal(t, `{"openapi":"3.1.0"}`, w.Body.String())
		})
	}
	all.Wait()
	assert.Equal(t, 2, calls)
	w = get(h, http.MethodGet, nil)
	assert.Equal(t, http.StatusNotModified, get(h, http.MethodGet, http.Header{"If-None-Match": {w.Header().Get("Etag")}}).Code)
	w = get(h, http.MethodHead, nil)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Empty(t, w.Body.String())
}

// Who waits for another's document does not wait longer than it wants to.
func TestHandler_cancelled(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	h := openapi.Handler(func(context.Context) ([]byte, error) {
		close(begun)
		<-end
		return []byte("{}"), nil
	})
	var all sync.WaitGroup
	defer all.Wait()
	defer close(end)
	all.Go(func() { get(h, http.MethodGet, nil) })
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
}
