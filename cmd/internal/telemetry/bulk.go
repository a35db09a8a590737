package telemetry

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Bulk is how far a run of mtok bulk is, and what this process has done of it.
type Bulk struct {
	PlannedBytes, CommittedBytes        int64
	Waiting, Running, Committed, Failed int

	Bytes, Records, Documents, Tokens int64 // that this process wrote
	Rejects                           map[string]int64
	Encode, Commit                    time.Duration
	Shards                            int64
	Took                              time.Duration
}

// bulkCollector shows a run at the time of a scrape.
type bulkCollector struct {
	read func() Bulk

	planned, committed, shards                         *prometheus.Desc
	bytes, records, documents, tokens, rejects, stages *prometheus.Desc
	shardSeconds                                       *prometheus.Desc
}

// NewBulk makes the metrics of a run; read and stats are asked at each scrape, and must not wait.
func NewBulk(build Build, read func() Bulk, stats func() bridge.Stats) *prometheus.Registry {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("mtok_bulk_"+name, help, labels, nil)
	}
	r := newRegistry(build)
	r.MustRegister(newBridgeCollector(stats), &bulkCollector{
		read:         read,
		planned:      desc("planned_bytes", "Input of all shards that this process is to make."),
		committed:    desc("committed_bytes", "Input of those that are committed, by whomever."),
		shards:       desc("shards", "Shards that this process is to make, by state; those that others committed are committed.", "state"),
		bytes:        desc("bytes_total", "Input that this process has made into tokens."),
		records:      desc("records_total", "Records that this process has made into documents or rejects."),
		documents:    desc("documents_total", "Documents that this process has written, empty ones included."),
		tokens:       desc("tokens_total", "Tokens that this process has written."),
		rejects:      desc("rejects_total", "Records that this process has rejected, by class.", "class"),
		stages:       desc("stage_seconds_total", "Time of all shards together: in calls of the tokenizer, and from a shard's last byte to its commit.", "stage"),
		shardSeconds: desc("shard_seconds", "Time of the shards that this process has committed, from their beginning."),
	})
	return r
}

// Describe is prometheus.Collector's.
func (c *bulkCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.planned, c.committed, c.shards, c.bytes, c.records, c.documents, c.tokens, c.rejects, c.stages, c.shardSeconds} {
		ch <- d
	}
}

// Collect is prometheus.Collector's.
func (c *bulkCollector) Collect(ch chan<- prometheus.Metric) {
	b := c.read()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	counter := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
	}
	gauge(c.planned, float64(b.PlannedBytes))
	gauge(c.committed, float64(b.CommittedBytes))
	gauge(c.shards, float64(b.Waiting), "waiting")
	gauge(c.shards, float64(b.Running), "running")
	gauge(c.shards, float64(b.Committed), "committed")
	gauge(c.shards, float64(b.Failed), "failed")
	counter(c.bytes, float64(b.Bytes))
	counter(c.records, float64(b.Records))
	counter(c.documents, float64(b.Documents))
	counter(c.tokens, float64(b.Tokens))
	for _, class := range slices.Sorted(maps.Keys(b.Rejects)) {
		counter(c.rejects, float64(b.Rejects[class]), class)
	}
	counter(c.stages, b.Encode.Seconds(), "encode")
	counter(c.stages, b.Commit.Seconds(), "commit")
	ch <- prometheus.MustNewConstSummary(c.shardSeconds, uint64(b.Shards), b.Took.Seconds(), nil)
}
