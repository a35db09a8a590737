package verify

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/heartbeat"
	"github.com/mistralbridge/mistralbridge/cmd/internal/target"
)

const (
	gapLimit    = 100 * time.Millisecond
	gapRuns     = 5
	moreGapRuns = 15 // where that many do not decide
)

// checkResponsiveness encodes kb kilobytes while a heartbeat runs; no gap may
// reach the limit. In between, the heartbeat runs beside a computation of our own
// that takes as long: those gaps the machine makes without the bridge.
func checkResponsiveness(ctx context.Context, s target.Target, kb int, limit time.Duration, m machine) Responsiveness {
	r := Responsiveness{KB: kb, LimitMS: ms(limit)}
	req := Payload(kb)
	var with, without []heartbeat.Gaps
	var took []time.Duration
	before := m.usage()
	for runs := range moreGapRuns {
		if err := ctx.Err(); err != nil {
			r.Error = err.Error()
			return r
		}
		start := m.now()
		gaps, err := beside(ctx, func() error { _, err := s.Async(ctx, req).Await(ctx); return err })
		if err != nil {
			r.Error = err.Error()
			return r
		}
		with = append(with, gaps)
		took = append(took, m.now()-start-2*rest)
		gaps, _ = beside(ctx, func() error { compute(m, took[runs]); return nil })
		without = append(without, gaps)
		if runs+1 < gapRuns {
			continue
		}
		if r.judge(with, without, loadBetween(before, m.usage()), limit) != unclear {
			break
		}
	}
	r.EncodeMS = ms(quantile(took, 0.5))
	return r
}

// judge fills in what the runs so far say.
func (r *Responsiveness) judge(with, without []heartbeat.Gaps, load Load, limit time.Duration) outcome {
	longest := func(runs []heartbeat.Gaps) []time.Duration {
		found := make([]time.Duration, len(runs))
		for i, gaps := range runs {
			found[i] = gaps.Max()
		}
		return found
	}
	gaps := heartbeat.Join(with...)
	r.Runs, r.Wakeups, r.Load, r.Busy = len(with), len(gaps), load, load.busy()
	r.GapMaxMS, r.GapP999MS = ms(gaps.Max()), ms(gaps.Quantile(0.999))
	r.ControlMaxMS = ms(heartbeat.Join(without...).Max())
	o := judgeStalls(longest(with), longest(without), load, limit)
	r.Judged, r.Pass, r.Error, r.Reason = o != unclear, o == passed, "", ""
	switch o {
	case failed:
		r.Error = fmt.Sprintf("blocked %d of %d times", atLeast(gaps, limit), len(gaps))
	case unclear:
		r.Reason = fmt.Sprintf("the machine is busy: %s; %d of %d runs blocked, and %d without the call",
			load, atLeast(longest(with), limit), len(with), atLeast(longest(without), limit))
	}
	return o
}

// rest is how long the heartbeat runs before and after a call.
const rest = 10 * heartbeat.Beat

func beside(ctx context.Context, call func() error) (heartbeat.Gaps, error) {
	h := heartbeat.Start()
	sleep(ctx, rest)
	err := call()
	sleep(ctx, rest)
	return h.End(), err
}

// compute keeps a thread busy.
func compute(m machine, d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for begin := m.now(); m.now()-begin < d; {
	}
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }
func us(d time.Duration) float64 { return float64(d) / 1e3 }

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
