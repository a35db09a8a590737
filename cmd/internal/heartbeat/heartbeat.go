// Package heartbeat measures stalls: a goroutine sleeps a millisecond at a time
// and records every gap between two wake-ups, so that no stall can fall between
// two looks.
package heartbeat

import (
	"slices"
	"time"
)

// Beat is how long the goroutine sleeps at a time.
const Beat = time.Millisecond

// Heartbeat is a running measurement.
type Heartbeat struct {
	stop chan struct{}
	gaps chan []time.Duration
}

// Start starts one.
func Start() *Heartbeat {
	h := &Heartbeat{stop: make(chan struct{}), gaps: make(chan []time.Duration, 1)}
	go h.run(time.Now())
	return h
}

func (h *Heartbeat) run(last time.Time) {
	gaps := make([]time.Duration, 0, 1<<14)
	for {
		select {
		case <-h.stop:
			h.gaps <- append(gaps, time.Since(last))
			return
		case <-time.After(Beat):
		}
		now := time.Now()
		gaps = append(gaps, now.Sub(last))
		last = now
	}
}

// End stops the measurement and returns the gaps.
func (h *Heartbeat) End() Gaps {
	close(h.stop)
	g := Gaps(<-h.gaps)
	slices.Sort(g)
	return g
}

// Gaps are the gaps seen, the shortest first.
type Gaps []time.Duration

// Quantile is the gap that a share q of all do not exceed; 0 if there are none.
func (g Gaps) Quantile(q float64) time.Duration {
	if len(g) == 0 {
		return 0
	}
	return g[int(q*float64(len(g)-1))]
}

// Max is the longest.
func (g Gaps) Max() time.Duration { return g.Quantile(1) }

// Join is the gaps of several measurements in one.
func Join(all ...Gaps) Gaps {
	g := slices.Concat(all...)
	slices.Sort(g)
	return g
}
