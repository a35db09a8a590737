package server

import (
	"net/http"

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

// metricsPage is GET /metrics.
func (s *Server) metricsPage() http.Handler {
	registry := s.o.Metrics.Registry
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry})
}
