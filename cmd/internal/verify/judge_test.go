package verify

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const (
	milli = time.Millisecond
	busy  = 1.5 // of two processors
)

// like makes n rounds in which the reference takes 100 ms, and ours what is given.
func like(n int, ours sample) []round {
	ref := sample{typical: 100 * milli, mean: 100 * milli, work: 100 * milli, known: true}
	return slices.Repeat([]round{{reference: ref, sync: ours}}, n)
}

func took(d, work, wait, waits time.Duration) sample {
	return sample{typical: d, mean: d, work: work, wait: wait, waits: waits, known: true}
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		rounds []round
		load   Load
		want   judgement
	}{
		"quiet, as fast":       {like(10, took(100*milli, 90*milli, 0, 0)), Load{Processors: 2}, judgement{0, true, true}},
		"quiet, 4.9 % slower":  {like(10, took(104900*time.Microsecond, 90*milli, 0, 0)), Load{Processors: 2}, judgement{0.049, true, true}},
		"quiet, 5 % slower":    {like(10, took(105*milli, 90*milli, 0, 0)), Load{Processors: 2}, judgement{0.05, true, false}},
		"quiet, waits for own": {like(10, took(105*milli, 90*milli, 15*milli, 15*milli)), Load{Processors: 2}, judgement{0.05, true, false}},
		"quiet, not counted":   {like(10, sample{typical: 108 * milli, mean: 108 * milli}), Load{}, judgement{0.08, true, false}},
		"busy, waited":         {like(10, took(300*milli, 95*milli, 200*milli, 200*milli)), Load{Processors: 2, Others: busy}, judgement{0, true, true}},
		"busy, somebody waited": {like(10, took(300*milli, 95*milli, 100*milli, 250*milli)), Load{Processors: 2, Others: busy},
			judgement{2, false, false}},
		"busy, slower without waiting": {like(10, took(300*milli, 95*milli, 100*milli, 150*milli)), Load{Processors: 2, Others: busy},
			judgement{1, true, false}},
		"busy, Python works longer": {like(10, took(120*milli, 120*milli, 50*milli, 0)), Load{Processors: 2, Others: busy},
			judgement{0.2, true, false}},
		"busy, too few":        {like(3, took(100*milli, 60*milli, 40*milli, 40*milli)), Load{Processors: 2, Others: busy}, judgement{0, false, false}},
		"busy, not counted":    {like(10, sample{typical: 60 * milli, mean: 60 * milli}), Load{Processors: 2, Others: busy}, judgement{-0.4, false, false}},
		"lost to a hypervisor": {like(10, took(150*milli, 95*milli, 0, 0)), Load{Processors: 2, Stolen: 0.3, Lost: 0.3}, judgement{0.5, false, false}},
	} {
		got := judge(c.rounds, func(r round) sample { return r.sync }, c.load, overheadLimit)
		assert.InDelta(t, c.want.overhead, got.overhead, 1e-9, name)
		got.overhead = c.want.overhead
		assert.Equal(t, c.want, got, name)
	}
}

// One call in three that was held up does not decide, on either side.
func TestJudge_outliers(t *testing.T) {
	rounds := like(30, took(100*milli, 90*milli, 0, 0))
	for i := range 10 {
		rounds[3*i].sync = took(500*milli, 90*milli, 0, 0)
	}
	side := func(r round) sample { return r.sync }
	assert.Equal(t, judgement{0, true, true}, judge(rounds, side, Load{}, overheadLimit))

	rounds = like(30, took(108*milli, 90*milli, 0, 0))
	for i := range 10 {
		rounds[3*i].reference = took(500*milli, 90*milli, 0, 0)
	}
	assert.False(t, judge(rounds, side, Load{}, overheadLimit).pass)
}

func TestUpperBound_lowerBound(t *testing.T) {
	ten := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	assert.InDelta(t, 9, upperBound(ten, 0.5), 0)
	assert.InDelta(t, 2, lowerBound(ten, 0.5), 0)
	assert.InDelta(t, 1, lowerBound(ten, lowerThird), 0)
	assert.Equal(t, math.Inf(1), upperBound(ten[:3], 0.5), "3 values bound no median")
	assert.Equal(t, math.Inf(-1), lowerBound(nil, 0.5))
	assert.InDelta(t, 11.0/1024, 1-binomial(10, 8, 0.5), 1e-12)
	assert.InDelta(t, 1, binomial(10, 10, 0.3), 1e-12)
}

func TestLoad_Busy(t *testing.T) {
	for _, c := range []struct {
		busy bool
		load Load
	}{
		{false, Load{Processors: 2}},
		{false, Load{Processors: 2, Others: 0.1, Stolen: 0.03}},
		{true, Load{Processors: 2, Others: 0.11}},
		{true, Load{Processors: 1, Others: 0.2}},
		{true, Load{Processors: 64, Others: 63}},
		{false, Load{Processors: 64, Others: 60}}, // there is room for us
		{true, Load{Processors: 64, Stolen: 0.1}}, // and yet there was not
		{false, Load{}}, // nothing is known
	} {
		assert.Equal(t, c.busy, c.load.busy(), "%+v", c.load)
	}
	assert.Equal(t, "others took 1.5 of 2 processors, and 40 % of the reference's time", Load{Processors: 2, Others: 1.5, Stolen: 0.4}.String())
}

func TestProcessorTimes(t *testing.T) {
	const stat = "cpu  99 99 99 99 99 99 99 99 0 0\ncpu0 1 2 3 1000 2000 4 5 6 50 60\ncpu1 10 0 0 1 1 0 0 0 0 0\ncpu10 7 0 0 1 1 0 0 0 0 0\nintr 1 2 3\n"
	count, busy := processorTimes(stat, func(n int) bool { return n != 1 })
	assert.Equal(t, 2, count)
	assert.Equal(t, 280*milli, busy)
}

// The machine we are on reports what is asked of it.
func TestHost(t *testing.T) {
	m := thisHost()
	before, at := m.usage(), m.now()
	compute(m, 30*milli)
	after := m.usage()
	assert.GreaterOrEqual(t, m.now()-at, 30*milli)
	assert.Positive(t, after.count)
	assert.GreaterOrEqual(t, after.own, before.own)
	assert.GreaterOrEqual(t, after.busy, before.busy)
	assert.GreaterOrEqual(t, loadBetween(before, after).Others, 0.0)
	for id, t1 := range m.threads() {
		assert.Positive(t, id)
		assert.Positive(t, t1.work)
	}
}

// A thread's clock is read exactly, by whichever thread.
func TestWorked(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own := func() time.Duration {
		var spent unix.Timespec
		require.NoError(t, unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &spent))
		return time.Duration(spent.Nano())
	}
	before := own()
	found := worked(unix.Gettid())
	assert.GreaterOrEqual(t, found, before)
	assert.LessOrEqual(t, found, own())
	id, done := make(chan int), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		id <- unix.Gettid()
		<-done
	}()
	other := <-id
	assert.Positive(t, worked(other))
	assert.Zero(t, worked(1<<28), "no such thread")
	close(done)
}
