package telemetry

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// maxClasses bounds the values of a label. The classes are those of the installed packages,
// of which a handful is ever raised; what comes after so many is "other".
const maxClasses = 64

// raised counts exceptions by their class.
type raised struct {
	total *prometheus.CounterVec

	mu    sync.Mutex
	known map[string]struct{}
}

func newRaised() *raised {
	return &raised{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtok_exceptions_total", Help: "Python exceptions behind answers of status 500 and gRPC's INTERNAL, by class.",
		}, []string{"class"}),
		known: map[string]struct{}{},
	}
}

func (r *raised) count(class string) {
	r.mu.Lock()
	if _, ok := r.known[class]; !ok {
		if len(r.known) == maxClasses {
			class = "other"
		} else {
			r.known[class] = struct{}{}
		}
	}
	r.mu.Unlock()
	r.total.WithLabelValues(class).Inc()
}

// Raised counts an exception that is behind a failure of the server's own.
func (m *Metrics) Raised(class string) { m.raised.count(class) }
