package server

import (
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// handled lets another handler answer.
func handled(h http.Handler) func(*Server, *exchange) {
	return func(_ *Server, x *exchange) {
		w := &recorder{ResponseWriter: x.w}
		h.ServeHTTP(w, x.r)
		x.status, x.sent = w.status, w.sent
		if x.status == 0 {
			x.status = http.StatusOK
		}
	}
}

// recorder sees what a handler answers.
type recorder struct {
	http.ResponseWriter
	status, sent int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.sent += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// metricsPage is GET /metrics. The page is written first and sent then: who does not read it holds its text, not what it
// was written from, which is several times as much.
func (s *Server) metricsPage() http.Handler {
	registry := s.o.Metrics.Registry
	page := promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry})
	var longest atomic.Int64 // and what it is written into is no longer than that, which appending would double
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		written := &pageWriter{ResponseWriter: w, text: make([]byte, 0, longest.Load())}
		page.ServeHTTP(written, r)
		longest.Store(int64(max(len(written.text), int(longest.Load()))))
		if written.status != 0 {
			w.WriteHeader(written.status)
		}
		_, _ = w.Write(written.text) // the caller may have gone
	})
}

// pageWriter keeps a page; its header is the answer's.
type pageWriter struct {
	http.ResponseWriter
	status int
	text   []byte
}

func (w *pageWriter) WriteHeader(status int) { w.status = status }

func (w *pageWriter) Write(p []byte) (int, error) {
	w.text = append(w.text, p...)
	return len(p), nil
}
