package verify

import (
	"fmt"
	"time"
)

// Load is what else the machine did during a measurement.
type Load struct {
	Processors int `json:"processors"` // that this process may run on
	// Others is how many of them were taken by other programs, or by a hypervisor.
	Others float64 `json:"others"`
	// Stolen is the share of the plain Python call's time during which it waited
	// for a processor. It only computes, so that another process had it.
	Stolen float64 `json:"stolen"`
	// Lost is the part of it that the kernel does not count as waiting either, such
	// as what a hypervisor took.
	Lost float64 `json:"lost"`
}

const (
	othersLimit = 0.1
	stolenLimit = 0.03
	lostLimit   = 0.02
	wanted      = 2 // processors that the bridge can use at once: the caller's and Python's
)

// busy reports whether other work may have decided a measurement. A processor that
// nobody needs may be taken; beyond that, a tenth of one is much.
func (l Load) busy() bool {
	room := float64(l.Processors) - l.Others
	return l.Stolen > stolenLimit || l.Others > othersLimit && room < wanted
}

func (l Load) String() string {
	s := fmt.Sprintf("others took %.1f of %d processors", l.Others, l.Processors)
	if l.Stolen > stolenLimit {
		s += fmt.Sprintf(", and %.0f %% of the reference's time", 100*l.Stolen)
	}
	return s
}

// loadBetween returns how much others did between two readings.
func loadBetween(before, after usage) Load {
	l := Load{Processors: after.count}
	if took := after.at - before.at; took > 0 {
		busy, own := after.busy-before.busy, after.own-before.own
		l.Others = max(0, float64(busy-own)/float64(took))
	}
	return l
}

// stolen returns which share of the reference's time in rounds its thread did not
// work, and did not even wait for a processor.
func stolen(rounds []round) (stolen, lost float64) {
	var took, idle, missing time.Duration
	for _, r := range rounds {
		if ref := r.reference; ref.known {
			took += ref.mean
			idle += max(0, ref.mean-ref.work)
			missing += max(0, ref.mean-ref.work-ref.wait)
		}
	}
	if took == 0 {
		return 0, 0
	}
	return float64(idle) / float64(took), float64(missing) / float64(took)
}
