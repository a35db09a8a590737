package verify

import (
	"math"
	"time"
)

// outcome of a check that the clock decides.
type outcome int

const (
	passed outcome = iota
	failed
	unclear // more runs may decide
)

// judgeStalls compares the longest gap of each run with a call in it with those
// of runs that had a computation of our own in the call's place, made in turn.
//
// On a quiet machine, which the other runs have to show too, one gap of the limit
// fails. On a busy one a call that stalls does so again and again, and more often
// than the machine does anyway: it fails if most of the runs stalled, and so many
// more than the others that it is no chance.
func judgeStalls(with, without []time.Duration, load Load, limit time.Duration) outcome {
	stalled, anyway := atLeast(with, limit), atLeast(without, limit)
	switch {
	case stalled == 0:
		return passed
	case !load.busy() && anyway == 0:
		return failed
	case 2*stalled > len(with) && chance(stalled, len(with), anyway, len(without)) <= 1-sure:
		return failed
	}
	return unclear
}

func atLeast(gaps []time.Duration, limit time.Duration) int {
	n := 0
	for _, g := range gaps {
		if g >= limit {
			n++
		}
	}
	return n
}

// chance is how likely a or more of the n, and no more than b of the m, would be
// hit if all were alike and a+b are (Fisher's exact test).
func chance(a, n, b, m int) float64 {
	sum := 0.0
	for k := a; k <= min(n, a+b); k++ {
		sum += math.Exp(choose(n, k) + choose(m, a+b-k) - choose(n+m, a+b))
	}
	return sum
}

// choose is the logarithm of the number of ways to choose k out of n.
func choose(n, k int) float64 {
	lgamma := func(i int) float64 { x, _ := math.Lgamma(float64(i + 1)); return x }
	if k < 0 || k > n {
		return math.Inf(-1)
	}
	return lgamma(n) - lgamma(k) - lgamma(n-k)
}
