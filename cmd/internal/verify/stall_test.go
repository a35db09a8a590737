package verify

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A call that holds the only processor until it is preempted shows as a gap,
// whatever else runs, and never passes.
func TestCheckResponsiveness_stall(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	stalling := good
	stalling.work = func() {
		for until := time.Now().Add(60 * time.Millisecond); time.Now().Before(until); {
		}
	}
	r := checkResponsiveness(t.Context(), stalling, 1, 4*time.Millisecond, thisHost())
	assert.False(t, r.Pass, "longest gap %.1f ms", r.GapMaxMS)
	assert.Greater(t, r.GapMaxMS, 4.0)
	assert.Greater(t, r.Wakeups, 20)
	assert.NotEqual(t, r.Judged, r.Error == "", "it is said which of the two it is")
	assert.NotEqual(t, r.Judged, r.Reason != "")
}

func TestCheckResponsiveness_quiet(t *testing.T) {
	r := checkResponsiveness(t.Context(), good, 1, time.Minute, thisHost())
	assert.True(t, r.Pass)
	assert.True(t, r.Judged)
	assert.Empty(t, r.Error)
	assert.Equal(t, gapRuns, r.Runs)
	assert.Positive(t, r.GapMaxMS)
	assert.Positive(t, r.ControlMaxMS)
}

func TestJudgeStalls(t *testing.T) {
	const limit = 100 * time.Millisecond
	quiet, busy := Load{Processors: 2}, Load{Processors: 2, Others: 1.8}
	runs := func(stalled, all int) []time.Duration {
		return append(slices.Repeat([]time.Duration{limit}, stalled), slices.Repeat([]time.Duration{limit - 1}, all-stalled)...)
	}
	for _, c := range []struct {
		with, without []time.Duration
		load          Load
		want          outcome
	}{
		{runs(0, 5), runs(0, 5), quiet, passed},
		{runs(0, 5), runs(5, 5), busy, passed},
		{runs(1, 5), runs(0, 5), quiet, failed},
		{runs(5, 5), runs(0, 5), quiet, failed},
		{runs(1, 5), runs(1, 5), quiet, unclear}, // it does not look so quiet
		{runs(1, 5), runs(0, 5), busy, unclear},
		{runs(5, 5), runs(0, 5), busy, failed},
		{runs(5, 5), runs(3, 5), busy, unclear},
		{runs(15, 15), runs(8, 15), busy, failed},
		{runs(15, 15), runs(13, 15), busy, unclear},
		{runs(7, 15), runs(0, 15), busy, unclear},
		{runs(9, 15), runs(1, 15), busy, failed},
	} {
		assert.Equal(t, c.want, judgeStalls(c.with, c.without, c.load, limit), "%d of %d and %d of %d, busy: %v",
			atLeast(c.with, limit), len(c.with), atLeast(c.without, limit), len(c.without), c.load.busy())
	}
	assert.InDelta(t, 1.0/252, chance(5, 5, 0, 5), 1e-12)
	assert.InDelta(t, 1, chance(0, 5, 3, 5), 1e-12)
}

// Gaps drawn alike for both fail hardly ever, and a call that stalls each time always.
func TestJudgeStalls_underLoad(t *testing.T) {
	const limit = 100 * time.Millisecond
	busy := Load{Processors: 2, Others: 1.8}
	rnd := rand.New(rand.NewPCG(1, 2))
	falsely, missed := 0, 0
	const times = 2000
	for range times {
		mean := time.Duration(rnd.IntN(100)) * time.Millisecond // how rough it is
		draw := func(stall time.Duration) (gaps []time.Duration) {
			for range moreGapRuns {
				gaps = append(gaps, stall+time.Duration(rnd.ExpFloat64()*float64(mean)))
			}
			return gaps
		}
		decide := func(with, without []time.Duration) outcome {
			o := unclear
			for n := gapRuns; n <= moreGapRuns && o == unclear; n++ {
				o = judgeStalls(with[:n], without[:n], busy, limit)
			}
			return o
		}
		if decide(draw(0), draw(0)) == failed {
			falsely++
		}
		if decide(draw(150*time.Millisecond), draw(0)) == passed {
			missed++
		}
	}
	assert.Zero(t, missed)
	assert.LessOrEqual(t, falsely, times/50)
	t.Logf("%d of %d failed falsely", falsely, times)
}
