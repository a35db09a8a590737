package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
)

// metricsFlags say where the metrics of a run are.
type metricsFlags struct {
	addr     string
	listener net.Listener
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

// listen is before anything is started that takes time.
func (f *metricsFlags) listen(ctx context.Context) (err error) {
	if f.addr == "" {
		return nil
	}
	if f.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", f.addr); err != nil {
		return fmt.Errorf("--metrics: %w; give another address", err)
	}
	return nil
}

func (f *metricsFlags) close() {
	if f.listener != nil {
		_ = f.listener.Close()
	}
}

// serve answers until stop is called.
func (f *metricsFlags) serve(s streams, p *bulk.Progress, stats func() bridge.Stats) (stop func()) {
	if f.listener == nil {
		return func() {}
	}
	registry := telemetry.NewBulk(telemetry.Build{
		Program: programVersion(), Go: runtime.Version(), Reference: lockVersions()["mistral-common"],
	}, func() telemetry.Bulk { return metricsOf(p) }, stats)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	_, _ = fmt.Fprintf(s.err, "mtok: metrics at http://%s/metrics\n", f.listener.Addr())
	go func() { _ = server.Serve(f.listener) }() // until it is closed
	return func() { _ = server.Close() }
}

func metricsOf(p *bulk.Progress) telemetry.Bulk {
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
