package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
)

// metricsFlags say where the metrics of a run are.
type metricsFlags struct {
	addr     string
	progress atomic.Pointer[bulk.Progress] // nil until it is known what there is to do
	runtime  atomic.Pointer[bridge.Runtime]
}

// check finds out whether it is an address.
func (f *metricsFlags) check() error {
	if f.addr == "" {
		return nil
	}
	if _, err := net.ResolveTCPAddr("tcp", f.addr); err != nil {
		return usageError{fmt.Errorf("--metrics: %w; it is an address, such as 127.0.0.1:9090", err)}
	}
	return nil
}

// serve answers until stop is called. It comes before anything that takes time, so that an address that is taken is found
// first, and whoever asks early has an answer: that nothing is done yet.
func (f *metricsFlags) serve(ctx context.Context, s streams) (stop func(), err error) {
	if f.addr == "" {
		return func() {}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.addr)
	if err != nil {
		return nil, fmt.Errorf("--metrics: %w; give another address", err)
	}
	registry := telemetry.NewBulk(telemetry.Build{
		Program: programVersion(), Go: runtime.Version(), Reference: lockVersions()["mistral-common"],
	}, f.read, f.stats)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	_, _ = fmt.Fprintf(s.err, "mtok: metrics at http://%s/metrics\n", listener.Addr())
	go func() { _ = server.Serve(listener) }() // until it is closed
	return func() { _ = server.Close() }, nil
}

func (f *metricsFlags) stats() bridge.Stats {
	rt := f.runtime.Load()
	if rt == nil {
		return bridge.Stats{}
	}
	return rt.Stats()
}

func (f *metricsFlags) read() telemetry.Bulk {
	p := f.progress.Load()
	if p == nil {
		p = &bulk.Progress{}
	}
	at, done := p.State(), p.Work()
	rejects := map[string]int64{}
	for _, class := range bulk.Classes {
		rejects[string(class)] = done.Rejected[class]
	}
	return telemetry.Bulk{
		PlannedBytes: at.Total, CommittedBytes: at.Committed,
		Waiting: at.Shards - at.Done - at.Running - at.Failed, Running: at.Running, Committed: at.Done, Failed: at.Failed,
		Bytes: done.Counts.Bytes, Records: done.Counts.Records, Documents: done.Counts.Documents + done.Counts.Empty, Tokens: done.Counts.Tokens,
		Rejects: rejects, Encode: done.Encode, Commit: done.Commit, Shards: done.Shards, Took: done.Took,
	}
}
