package verify

import (
	"context"
	"slices"
	"time"
)

const (
	overheadLimit = 0.05
	warmups       = 3
	minRuns       = 10
	maxRuns       = 400
	runBudget     = 4 * time.Second // of one size, once it has minRuns
)

// checkOverhead times the plain Python call and the bridge's two, in turn, so
// that a machine that slows down slows all three. Small payloads get more runs.
func checkOverhead(ctx context.Context, s Subject, kb int) Overhead {
	o := Overhead{KB: kb, Limit: overheadLimit}
	req := Payload(kb)
	calls := []func() (time.Duration, error){
		func() (time.Duration, error) {
			_, d, err := s.Reference(ctx, req)
			return d, err
		},
		timed(func() error { _, err := s.Sync(ctx, req); return err }),
		timed(func() error { _, err := s.Async(ctx, req).Await(ctx); return err }),
	}
	times := make([][]time.Duration, len(calls))
	begin := time.Now()
	for run := 0; run < warmups+maxRuns; run++ {
		if run >= warmups+minRuns && time.Since(begin) > runBudget {
			break
		}
		for i := range calls {
			k := (i + run) % len(calls) // nobody is always the first
			d, err := calls[k]()
			if err != nil {
				o.Error = err.Error()
				return o
			}
			if run >= warmups {
				times[k] = append(times[k], d)
			}
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

func timed(f func() error) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		start := time.Now()
		err := f()
		return time.Since(start), err
	}
}
