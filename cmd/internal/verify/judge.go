package verify

import (
	"math"
	"slices"
	"time"
)

// sample is a block of calls of one kind; times are of one call.
type sample struct {
	typical time.Duration // the median by the clock
	mean    time.Duration // the mean by the clock
	// If known: the work of Python's thread during the block; how long it was ready
	// and had no processor; and how long that was for all threads together, of which
	// some may have kept nobody waiting.
	work, wait, waits time.Duration
	known             bool
}

// round is a block of each kind, made one after the other.
type round struct{ reference, sync, async sample }

// judgement is what rounds say about one way to call the bridge.
type judgement struct {
	overhead float64 // 0.05 is 5 % above the reference
	judged   bool
	pass     bool
}

const (
	// sure is how sure a verdict under load must be.
	sure = 0.98
	// handOver is what changing threads under load may cost a call beside waiting, at
	// the most that is not held against the bridge.
	handOver   = time.Millisecond
	lowerThird = 1.0 / 3
)

// judge compares one side of the rounds with the reference, pair by pair, so
// that a machine that changes its speed changes both.
//
// On a quiet machine the clock decides: the median ratio. On a busy one it is the
// time that did not go by in waiting for a processor. It passes if the median is
// below the limit beyond doubt, Python's thread alone taken to have waited; and
// fails if even the lower third is above it, with everything that any thread
// waited taken off. Whatever is between, or where the kernel does not say who
// waited, is not judged.
func judge(rounds []round, side func(round) sample, load Load, limit float64) judgement {
	byClock := make([]float64, 0, len(rounds))
	var high, low []float64
	for _, r := range rounds {
		ours, ref := side(r), r.reference
		byClock = append(byClock, ratio(ours.typical, ref.typical))
		if !ours.known || !ref.known {
			continue
		}
		// The reference only computes. A call of ours is no shorter than Python's work.
		alone := min(ref.mean, ref.work)
		took := max(ours.mean-ours.wait, ours.work)
		high = append(high, ratio(took, alone))
		if load.Lost <= lostLimit { // else what is left may be anybody's
			low = append(low, ratio(ours.mean-ours.waits-handOver, alone))
		}
	}
	j := judgement{overhead: quantile(byClock, 0.5) - 1}
	if !load.busy() {
		j.judged, j.pass = true, j.overhead < limit
		return j
	}
	passes, fails := upperBound(high, 0.5)-1 < limit, lowerBound(low, lowerThird)-1 >= limit
	if passes || fails {
		j = judgement{quantile(high, 0.5) - 1, true, passes}
	}
	return j
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(1, b)) }

// upperBound of the quantile q of what values are drawn from: the smallest of
// them that is surely above it. Too few values bound nothing.
func upperBound(values []float64, q float64) float64 {
	slices.Sort(values)
	// values[k] is below the quantile when more than k of them are.
	for k := range values {
		if 1-binomial(len(values), k, q) <= 1-sure {
			return values[k]
		}
	}
	return math.Inf(1)
}

// lowerBound is upperBound seen from the other end.
func lowerBound(values []float64, q float64) float64 {
	mirrored := make([]float64, len(values))
	for i, v := range values {
		mirrored[i] = -v
	}
	return -upperBound(mirrored, 1-q)
}

// binomial is the chance of at most k out of n, each with the chance p.
func binomial(n, k int, p float64) float64 {
	sum := 0.0
	for i := range k + 1 {
		sum += math.Exp(choose(n, i) + float64(i)*math.Log(p) + float64(n-i)*math.Log(1-p))
	}
	return min(1, sum)
}

// quantile of values, which it sorts; 0 if there are none.
func quantile[T float64 | time.Duration](values []T, q float64) T {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[int(q*float64(len(values)-1))]
}
