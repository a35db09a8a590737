package verify

import (
	"context"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/subject"
)

const (
	overheadLimit = 0.05
	warmups       = 3
	minRuns       = 10
	blockTime     = 5 * time.Millisecond // a block of calls takes about as long
	maxBlock      = 50
	runBudget     = 3 * time.Second // of one size, once it has minRuns
)

// checkOverhead times the plain Python call and the bridge's two, in turn, so
// that a machine that slows down slows all three. Small payloads are called in
// blocks: what is compared is calls at work, and not the changing over.
func checkOverhead(ctx context.Context, s subject.Subject, kb int) Overhead {
	o := Overhead{KB: kb, Limit: overheadLimit}
	req := Payload(kb)
	calls := []func(n int) ([]time.Duration, error){
		func(n int) ([]time.Duration, error) {
			_, d, err := s.Reference(ctx, req, n)
			return d, err
		},
		timed(func() error { _, err := s.Sync(ctx, req); return err }),
		timed(func() error { _, err := s.Async(ctx, req).Await(ctx); return err }),
	}
	for _, call := range calls {
		if _, err := call(warmups); err != nil {
			o.Error = err.Error()
			return o
		}
	}
	times := make([][]time.Duration, len(calls))
	block := 1
	begin := time.Now()
	for round := 0; len(times[0]) < minRuns || time.Since(begin) < runBudget; round++ {
		for i := range calls {
			k := (i + round) % len(calls) // nobody is always the first
			d, err := calls[k](block)
			if err != nil {
				o.Error = err.Error()
				return o
			}
			times[k] = append(times[k], d...)
		}
		if round == 0 {
			block = int(max(1, min(maxBlock, blockTime/max(1, times[0][0]))))
		}
	}
	for _, t := range times {
		slices.Sort(t)
	}
	ref, sync, async := quantile(times[0], 0.5), quantile(times[1], 0.5), quantile(times[2], 0.5)
	o.Runs = len(times[0])
	o.ReferenceUS, o.SyncUS, o.AsyncUS = us(ref), us(sync), us(async)
	o.Sync = float64(sync-ref) / float64(ref)
	o.Async = float64(async-ref) / float64(ref)
	o.Pass = o.Sync < overheadLimit && o.Async < overheadLimit
	return o
}

func timed(f func() error) func(int) ([]time.Duration, error) {
	return func(n int) ([]time.Duration, error) {
		times := make([]time.Duration, n)
		for i := range times {
			start := time.Now()
			if err := f(); err != nil {
				return nil, err
			}
			times[i] = time.Since(start)
		}
		return times, nil
	}
}
