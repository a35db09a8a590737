package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
)

// A scrape shows what a run is at that moment, and no more.
func TestNewBulk(t *testing.T) {
	now := telemetry.Bulk{Rejects: map[string]int64{"json": 0}}
	registry := telemetry.NewBulk(telemetry.Build{Program: "v1"}, func() telemetry.Bulk { return now }, func() bridge.Stats { return bridge.Stats{WorkersCrashed: 3} })
	now = telemetry.Bulk{
		PlannedBytes: 1000, CommittedBytes: 400, Waiting: 5, Running: 2, Committed: 4, Failed: 1,
		Bytes: 450, Records: 12, Documents: 9, Tokens: 100, Rejects: map[string]int64{"json": 3, "time": 0},
		Encode: 1500 * time.Millisecond, Commit: 250 * time.Millisecond, Shards: 4, Took: 3 * time.Second,
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text := w.Body.String()
	var got []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "mtok_bulk_") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	assert.Equal(t, []string{
		"mtok_bulk_bytes_total 450", "mtok_bulk_committed_bytes 400", "mtok_bulk_documents_total 9", "mtok_bulk_planned_bytes 1000", "mtok_bulk_records_total 12",
		`mtok_bulk_rejects_total{class="json"} 3`, `mtok_bulk_rejects_total{class="time"} 0`, "mtok_bulk_shard_seconds_sum 3", "mtok_bulk_shard_seconds_count 4",
		`mtok_bulk_shards{state="committed"} 4`, `mtok_bulk_shards{state="failed"} 1`, `mtok_bulk_shards{state="running"} 2`, `mtok_bulk_shards{state="waiting"} 5`,
		`mtok_bulk_stage_seconds_total{stage="commit"} 0.25`, `mtok_bulk_stage_seconds_total{stage="encode"} 1.5`, "mtok_bulk_tokens_total 100",
	}, got)
	assert.Contains(t, text, "mtok_workers_crashed_total 3\n")
	assert.Contains(t, text, "mtok_call_stage_seconds_sum{stage=\"python\"} 0\n")
	assert.Contains(t, text, `version="v1"`)
	assert.Contains(t, text, "go_goroutines ")
	assert.NotContains(t, text, "mtok_ready")
	assert.NotContains(t, text, "mtok_http")
}
