package openapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// Handler answers GET and HEAD with the document that load makes. load is called by the
// first request and, while it fails, by later ones, never by two at a time; what it fails
// with is not shown to callers. Safe for any number of goroutines.
func Handler(load func(ctx context.Context) ([]byte, error)) http.Handler {
	return &handler{load: load, turn: make(chan struct{}, 1)}
}

type handler struct {
	load   func(ctx context.Context) ([]byte, error)
	turn   chan struct{} // held by who loads
	loaded atomic.Pointer[loaded]
}

type loaded struct {
	text []byte
	tag  string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	doc, err := h.get(r.Context())
	header := w.Header()
	header.Set("Content-Type", "application/json")
	if err != nil {
		header.Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		if r.Method != http.MethodHead {
			_, _ = w.Write(unavailable) // the caller may have gone
		}
		return
	}
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", doc.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(doc.text))
}

var unavailable = refserver.ErrorBody{Status: http.StatusServiceUnavailable, Message: "The document cannot be made now."}.JSON(0)

func (h *handler) get(ctx context.Context) (*loaded, error) {
	if doc := h.loaded.Load(); doc != nil {
		return doc, nil
	}
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if doc := h.loaded.Load(); doc != nil {
		return doc, nil
	}
	text, err := h.load(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	doc := &loaded{text, `"` + hex.EncodeToString(sum[:8]) + `"`}
	h.loaded.Store(doc)
	return doc, nil
}
