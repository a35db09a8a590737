package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
)

// shardFlags say how shards are made; they decide about no byte of them.
type shardFlags struct {
	onError string
	limit   limitValue
	timeout time.Duration
	workers int
	asJSON  bool
	metrics metricsFlags
}

// atPoint is called at each point where a run may be killed; only tests set it.
var atPoint func(point string)

var onErrors = []string{"quarantine", "fail"}

func (f *shardFlags) add(cmd *cobra.Command) {
	f.limit = limitValue{bulk.Limit{Share: 0.01}, "1%"}
	flags := cmd.Flags()
	flags.StringVar(&f.onError, "on-error", onErrors[0], "what to do with a bad record: quarantine or fail")
	flags.Var(&f.limit, "max-rejects", "records that may be rejected: a number, a share or none (no limit)")
	flags.DurationVar(&f.timeout, "record-timeout", 5*time.Minute, "longest time that a record may take")
	flags.IntVar(&f.workers, "workers", 0, "worker processes (default: one for each processor)")
	flags.StringVar(&f.metrics.addr, "metrics", "", "address at which metrics for Prometheus are, at /metrics (default: none)")
	flags.BoolVar(&f.asJSON, "json", false, "print the manifest's totals as JSON")
}

// begin finds what is wrong with these flags, and serves metrics until stop is called.
func (f *shardFlags) begin(ctx context.Context, s streams) (stop func(), err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	return f.metrics.serve(ctx, s)
}

func (f *shardFlags) check() error {
	switch {
	case f.workers < 0:
		return usageError{errors.New("--workers: the number must be above zero")}
	case f.timeout <= 0:
		return usageError{errors.New("--record-timeout: the time must be above zero")}
	case f.onError != "quarantine" && f.onError != "fail":
		return usageError{fmt.Errorf("--on-error: %q; there are quarantine and fail", f.onError)}
	}
	if f.workers == 0 {
		f.workers = runtime.GOMAXPROCS(0)
	}
	return f.metrics.check()
}

func (f *shardFlags) open(ctx context.Context, s streams, env *envFlags) (*bridge.Runtime, func(), error) {
	rt, done, err := env.open(ctx, s, append(bulkOptions(f.workers), bridge.WithTimeLimit(f.timeout))...)
	if err == nil {
		f.metrics.runtime.Store(rt)
	}
	return rt, done, err
}

// make makes the shards, and shows how far it is.
func (f *shardFlags) make(ctx context.Context, s streams, c bulk.Config) (*bulk.Manifest, error) {
	c.Parallel, c.FailFast, c.Limit, c.At = f.workers, f.onError == "fail", f.limit.Limit, atPoint
	c.Progress = bulk.NewProgress(c.Plan, c.Part)
	f.metrics.progress.Store(c.Progress)
	if !f.asJSON {
		defer c.Progress.Show(s.err, isTerminal(s.err), columns(streams{out: s.err}))()
	}
	return bulk.Run(ctx, c)
}
