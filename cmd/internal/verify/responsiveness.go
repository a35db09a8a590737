package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/heartbeat"
	"github.com/mistralbridge/mistralbridge/cmd/internal/subject"
)

const (
	gapLimit = 100 * time.Millisecond
	gapRuns  = 5
)

// checkResponsiveness encodes kb kilobytes while a heartbeat runs; no gap may
// reach the limit.
func checkResponsiveness(ctx context.Context, s subject.Subject, kb int, limit time.Duration) Responsiveness {
	r := Responsiveness{KB: kb, LimitMS: ms(limit)}
	idle := heartbeat.Start()
	sleep(ctx, 200*time.Millisecond)
	r.IdleMaxMS = ms(idle.End().Max())

	req := Payload(kb)
	var all []heartbeat.Gaps
	var took []time.Duration
	for range gapRuns {
		h := heartbeat.Start()
		sleep(ctx, 10*heartbeat.Beat)
		start := time.Now()
		_, err := s.Async(ctx, req).Await(ctx)
		took = append(took, time.Since(start))
		sleep(ctx, 10*heartbeat.Beat)
		gaps := h.End()
		if err != nil {
			r.Error = err.Error()
			return r
		}
		all = append(all, gaps)
	}
	gaps := heartbeat.Join(all...)
	slices.Sort(took)
	r.Runs, r.Wakeups = gapRuns, len(gaps)
	r.EncodeMS = ms(quantile(took, 0.5))
	r.GapMaxMS, r.GapP999MS = ms(gaps.Max()), ms(gaps.Quantile(0.999))
	r.Pass = gaps.Max() < limit
	if !r.Pass {
		blocked := 0
		for _, g := range gaps {
			if g >= limit {
				blocked++
			}
		}
		r.Error = fmt.Sprintf("blocked %d of %d times", blocked, len(gaps))
	}
	return r
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }
func us(d time.Duration) float64 { return float64(d) / 1e3 }

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// quantile of sorted durations.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))]
}
