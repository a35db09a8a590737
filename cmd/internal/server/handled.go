package server

import (
	"maps"
	"net/http"
	"sync"
	"time"

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

// maxOwnPages is how many pages of metrics are being sent before others who come within a second share the last one, so that
// callers who do not read hold a few pages, and not one each.
const maxOwnPages = 8

// metricsPage is GET /metrics. The page is written first and sent then: a slow reader holds its text, not what it
// was written from, which is several times as much.
func (s *Server) metricsPage() http.Handler {
	registry := s.o.Metrics.Registry
	page := promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry})
	var mu sync.Mutex
	var last *writtenPage
	sending := 0
	take := func(r *http.Request) *writtenPage {
		mu.Lock()
		defer mu.Unlock()
		sending++
		form := r.Header.Get("Accept") + "\n" + r.Header.Get("Accept-Encoding")
		if sending <= maxOwnPages || last == nil || last.form != form || time.Since(last.made) > time.Second {
			last = &writtenPage{header: http.Header{}, form: form, made: time.Now()}
			page.ServeHTTP(last, r)
		}
		return last
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := take(r)
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			sending--
		}()
		maps.Copy(w.Header(), p.header)
		w.WriteHeader(max(p.status, http.StatusOK))
		_, _ = w.Write(p.text) // the caller may have gone
	})
}

// writtenPage is an answer that is kept, and its request.
type writtenPage struct {
	header http.Header
	status int
	text   []byte
	form   string
	made   time.Time
}

func (p *writtenPage) Header() http.Header { return p.header }

func (p *writtenPage) WriteHeader(status int) { p.status = status }

func (p *writtenPage) Write(b []byte) (int, error) {
	p.text = append(p.text, b...)
	return len(b), nil
}
