package telemetry

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Stage is a part of a request's time.
type Stage int

// The stages of a request.
const (
	Read   Stage = iota // receiving and unpacking the body
	Call                // the call of the bridge: its queue, and Python
	Encode              // writing the answer as JSON, packing and sending it
	Total               // from the request's header to the end of the answer
	stages
)

var stageNames = [stages]string{"read", "call", "encode", "total"}

// Metrics are those of one server. They are safe for any number of goroutines.
type Metrics struct {
	Registry *prometheus.Registry

	requests *prometheus.CounterVec
	rejected *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	tokens   *prometheus.CounterVec
	in, out  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	raised   *raised
}

var (
	durations = []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	sizes     = prometheus.ExponentialBuckets(256, 8, 7) // 256 B to 64 MB
)

// NewMetrics makes the metrics on a registry of their own, with those of the Go runtime
// and of the process beside them.
func NewMetrics(build Build) *Metrics {
	m := &Metrics{
		Registry: newRegistry(build),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtok_http_requests_total", Help: "Answered requests. Status 499 is a client that went away.",
		}, []string{"route", "status"}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtok_http_failures_total", Help: "Requests that the server itself could not serve, by the reason.",
		}, []string{"reason"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mtok_http_request_stage_seconds", Help: "Duration of a request by stage.", Buckets: durations,
		}, []string{"route", "stage"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtok_tokens_total", Help: "Tokens in successful answers.",
		}, []string{"route"}),
		in: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mtok_http_request_size_bytes", Help: "Size of request bodies, unpacked.", Buckets: sizes,
		}, []string{"route"}),
		out: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mtok_http_response_size_bytes", Help: "Size of response bodies before they are compressed.", Buckets: sizes,
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mtok_http_requests_in_flight", Help: "Requests that are being served now, health checks left out.",
		}),
		raised: newRaised(),
	}
	m.Registry.MustRegister(m.raised.total, m.requests, m.rejected, m.seconds, m.tokens, m.in, m.out, m.inFlight)
	return m
}

// newRegistry is one with what every program has.
func newRegistry(build Build) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(build.gauge(), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Build is what a program is made of.
type Build struct{ Program, Go, Reference string }

func (b Build) gauge() prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "mtok_build_info", Help: "1, with the versions in the labels.",
		ConstLabels: prometheus.Labels{"version": b.Program, "go": b.Go, "reference": b.Reference},
	})
	g.Set(1)
	return g
}

// Failed counts a request that the server itself could not serve.
func (m *Metrics) Failed(reason string) { m.rejected.WithLabelValues(reason).Inc() }

// BeginRequest and EndRequest count the requests under way.
func (m *Metrics) BeginRequest() { m.inFlight.Inc() }

// EndRequest is the end of what began with BeginRequest.
func (m *Metrics) EndRequest() { m.inFlight.Dec() }

// AddMemory adds the memory that request bodies take up, which is asked at each scrape.
func (m *Metrics) AddMemory(bytes func() int64) {
	m.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "mtok_http_body_memory_bytes", Help: "Memory that request bodies take up now.",
	}, func() float64 { return float64(bytes()) }))
}

// AddDroppedLines adds how many lines of the log found nobody who read them.
func (m *Metrics) AddDroppedLines(lines func() int64) {
	m.Registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "mtok_log_dropped_lines_total", Help: "Lines of the log that were dropped, since they were not read as fast as they came.",
	}, func() float64 { return float64(lines()) }))
}

// Route are the metrics of one route.
type Route struct {
	m        *Metrics
	name     string
	seconds  [stages]prometheus.Observer
	tokens   prometheus.Counter
	in, out  prometheus.Observer
	statuses [600]atomic.Pointer[prometheus.Counter]
}

// Route returns the metrics of a route. They are there from now on, at 0; those that only
// requests with a body have only if body is true.
func (m *Metrics) Route(name string, body bool) *Route {
	r := &Route{m: m, name: name, out: m.out.WithLabelValues(name)}
	for i := range r.seconds {
		if body || Stage(i) == Total {
			r.seconds[i] = m.seconds.WithLabelValues(name, stageNames[i])
		}
	}
	r.status(200)
	if body {
		r.in, r.tokens = m.in.WithLabelValues(name), m.tokens.WithLabelValues(name)
	}
	return r
}

// Observe adds a stage's duration.
func (r *Route) Observe(s Stage, d time.Duration) { r.seconds[s].Observe(d.Seconds()) }

// Received adds a request's body.
func (r *Route) Received(bytes int) { r.in.Observe(float64(bytes)) }

// Done adds an answered request. Tokens below 0 are none.
func (r *Route) Done(status, bytes, tokens int, total time.Duration) {
	r.status(status).Inc()
	r.Observe(Total, total)
	r.out.Observe(float64(bytes))
	if tokens > 0 {
		r.tokens.Add(float64(tokens))
	}
}

func (r *Route) status(code int) prometheus.Counter {
	if code < 0 || code >= len(r.statuses) {
		code = 500
	}
	if c := r.statuses[code].Load(); c != nil {
		return *c
	}
	c := r.m.requests.WithLabelValues(r.name, strconv.Itoa(code))
	r.statuses[code].Store(&c)
	return c
}
