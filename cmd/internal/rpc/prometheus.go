package rpc

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// promMetrics are Metrics on a registry.
type promMetrics struct {
	calls    *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	tokens   *prometheus.CounterVec
	received *prometheus.CounterVec
	sent     *prometheus.CounterVec
	underWay prometheus.Gauge
}

// NewPrometheus registers metrics of calls, named mtok_grpc_…, and returns what feeds them.
// Of a stream the seconds are those that it was open.
func NewPrometheus(r prometheus.Registerer) Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &promMetrics{
		calls: counter("mtok_grpc_requests_total", "Calls that have ended, by gRPC's code.", "method", "code"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mtok_grpc_request_seconds", Help: "Duration of a call.",
			Buckets: []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"method"}),
		tokens:   counter("mtok_grpc_tokens_total", "Tokens in answers.", "method"),
		received: counter("mtok_grpc_received_bytes_total", "Bytes of the requests' messages.", "method"),
		sent:     counter("mtok_grpc_sent_bytes_total", "Bytes of the answers' messages.", "method"),
		underWay: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mtok_grpc_requests_in_flight", Help: "Calls that are being served now, health checks left out.",
		}),
	}
	r.MustRegister(m.calls, m.seconds, m.tokens, m.received, m.sent, m.underWay)
	return m
}

func (m *promMetrics) RPCStarted(string) { m.underWay.Inc() }

func (m *promMetrics) RPCHandled(method, code string, elapsed time.Duration, received, sent, tokens int64) {
	m.underWay.Dec()
	m.calls.WithLabelValues(method, code).Inc()
	m.seconds.WithLabelValues(method).Observe(elapsed.Seconds())
	m.tokens.WithLabelValues(method).Add(float64(tokens))
	m.received.WithLabelValues(method).Add(float64(received))
	m.sent.WithLabelValues(method).Add(float64(sent))
}
