package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// bridgeCollector shows a bridge's counters at the time of a scrape.
type bridgeCollector struct {
	stats func() bridge.Stats
	ready func() error
	all   []bridgeMetric
	up    *prometheus.Desc // nil where nothing has to be ready
	stage *prometheus.Desc
}

type bridgeMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*bridge.Stats) float64
}

// AddBridge adds what the bridge behind a server counts; stats and ready are asked at
// each scrape, and must not wait.
func (m *Metrics) AddBridge(stats func() bridge.Stats, ready func() error) {
	c := newBridgeCollector(stats)
	c.ready, c.up = ready, prometheus.NewDesc("mtok_ready", "1 if the server is ready for requests.", nil, nil)
	m.Registry.MustRegister(c)
}

func newBridgeCollector(stats func() bridge.Stats) *bridgeCollector {
	c := &bridgeCollector{
		stats: stats,
		stage: prometheus.NewDesc("mtok_call_stage_seconds",
			"Time of the calls that ran: waiting in the queue, and in Python.", []string{"stage"}, nil),
	}
	add := func(kind prometheus.ValueType, name, help string, value func(*bridge.Stats) float64) {
		c.all = append(c.all, bridgeMetric{prometheus.NewDesc(name, help, nil, nil), kind, value})
	}
	counter := func(name, help string, value func(*bridge.Stats) int64) {
		add(prometheus.CounterValue, name, help, func(s *bridge.Stats) float64 { return float64(value(s)) })
	}
	gauge := func(name, help string, value func(*bridge.Stats) int64) {
		add(prometheus.GaugeValue, name, help, func(s *bridge.Stats) float64 { return float64(value(s)) })
	}
	counter("mtok_calls_submitted_total", "Calls queued for Python.", func(s *bridge.Stats) int64 { return s.Submitted })
	counter("mtok_calls_completed_total", "Calls that Python answered.", func(s *bridge.Stats) int64 { return s.Completed })
	counter("mtok_calls_failed_total", "Calls that failed on the way.", func(s *bridge.Stats) int64 { return s.Failed })
	counter("mtok_calls_cancelled_total", "Calls whose caller gave them up.", func(s *bridge.Stats) int64 { return s.Cancelled })
	counter("mtok_calls_overloaded_total", "Calls refused because the queue was full.", func(s *bridge.Stats) int64 { return s.Overloaded })
	gauge("mtok_queue_depth", "Calls waiting now.", func(s *bridge.Stats) int64 { return s.Depth })
	gauge("mtok_queue_depth_max", "Most calls that ever waited.", func(s *bridge.Stats) int64 { return s.MaxDepth })
	gauge("mtok_calls_running", "Calls in Python now.", func(s *bridge.Stats) int64 { return s.Running })
	gauge("mtok_workers", "Worker processes now; 0 with Python in this process.", func(s *bridge.Stats) int64 { return int64(len(s.Workers)) })
	gauge("mtok_workers_wanted", "Worker processes that there should be; 0 with Python in this process.", func(s *bridge.Stats) int64 { return s.WorkersWanted })
	counter("mtok_workers_failed_total", "Attempts to make a worker process that failed.", func(s *bridge.Stats) int64 { return s.WorkersFailed })
	counter("mtok_workers_started_total", "Worker processes started.", func(s *bridge.Stats) int64 { return s.WorkersStarted })
	counter("mtok_workers_killed_total", "Worker processes killed for a call that was given up or took too long.", func(s *bridge.Stats) int64 { return s.WorkersKilled })
	counter("mtok_workers_crashed_total", "Worker processes that ended by themselves.", func(s *bridge.Stats) int64 { return s.WorkersCrashed })
	return c
}

// Describe is prometheus.Collector's.
func (c *bridgeCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, one := range c.all {
		ch <- one.desc
	}
	if c.up != nil {
		ch <- c.up
	}
	ch <- c.stage
}

// Collect is prometheus.Collector's.
func (c *bridgeCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.stats()
	for _, one := range c.all {
		ch <- prometheus.MustNewConstMetric(one.desc, one.kind, one.value(&s))
	}
	ran := uint64(s.Completed + s.Dropped)
	ch <- prometheus.MustNewConstSummary(c.stage, ran, s.WaitTotal.Seconds(), nil, "queue")
	ch <- prometheus.MustNewConstSummary(c.stage, ran, s.RunTotal.Seconds(), nil, "python")
	if c.up == nil {
		return
	}
	ready := 0.0
	if c.ready() == nil {
		ready = 1
	}
	ch <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, ready)
}
