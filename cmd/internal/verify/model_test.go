package verify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// A model of a machine, and of a bridge on it: a clock that only the model moves,
// two threads, and what others do to them.

const (
	callerThread = 7
	pythonThread = 8
)

// weather is what else runs.
type weather struct {
	others float64       // processors taken
	slice  time.Duration // how long a thread works before others have their turn; 0: for ever
	wait   time.Duration // how long that is, on average
	wake   time.Duration // what waking a thread costs more than on a quiet machine, on average
	speed  float64       // how much the speed wanders
	// on says whether all this happens at a time; nil: always.
	on func(time.Duration) bool
	// lost: the kernel does not count waiting, as when a hypervisor has the processor.
	lost bool
	// blind: the kernel does not say who waits.
	blind bool
}

type modelMachine struct {
	weather
	rnd     *rand.Rand
	clock   time.Duration
	busy    time.Duration
	own     time.Duration
	pace    float64
	paced   time.Duration
	seen    map[int]thread
	elapsed map[int]time.Duration // work since the last turn of others
}

func newModel(w weather, seed uint64) *modelMachine {
	return &modelMachine{weather: w, rnd: rand.New(rand.NewPCG(seed, 1)), pace: 1, seen: map[int]thread{}, elapsed: map[int]time.Duration{}}
}

func (m *modelMachine) now() time.Duration { return m.clock }

func (m *modelMachine) threads() map[int]thread {
	if m.blind {
		return nil
	}
	found := map[int]thread{}
	for id, t := range m.seen {
		found[id] = t
	}
	return found
}

func (m *modelMachine) usage() usage {
	return usage{at: m.clock, count: 2, busy: m.busy + m.own, own: m.own}
}

func (m *modelMachine) stormy() bool { return m.on == nil || m.on(m.clock) }

func (m *modelMachine) pass(d time.Duration) {
	if m.stormy() {
		m.busy += time.Duration(m.others * float64(d))
	}
	m.clock += d
}

// about is a time drawn around a mean, with a long tail.
func (m *modelMachine) about(mean time.Duration) time.Duration {
	return time.Duration(m.rnd.ExpFloat64() * float64(mean))
}

// work keeps a thread busy for what takes d on a quiet machine.
func (m *modelMachine) work(id int, d time.Duration) {
	if m.clock-m.paced > 20*time.Millisecond { // the speed wanders slowly
		m.pace, m.paced = 1+m.speed*(m.rnd.Float64()-0.5), m.clock
	}
	if m.stormy() {
		d = time.Duration(float64(d) * m.pace)
	}
	d += time.Duration(0.002 * float64(d) * m.rnd.ExpFloat64()) // interrupts, caches
	for d > 0 {
		step := d
		if m.slice > 0 && m.stormy() {
			step = min(d, max(1, m.slice-m.elapsed[id]))
		}
		t := m.seen[id]
		t.work += step
		m.own += step
		m.pass(step)
		m.elapsed[id] += step
		d -= step
		if m.slice > 0 && m.stormy() && m.elapsed[id] >= m.slice {
			w := m.about(m.wait)
			if !m.lost {
				t.wait += w
			}
			m.pass(w)
			m.elapsed[id] = 0
		}
		m.seen[id] = t
	}
}

const quietWake = 5 * time.Microsecond

// awake wakes a thread.
func (m *modelMachine) awake(id int) {
	m.pass(quietWake)
	if m.wake > 0 && m.stormy() {
		w := m.about(m.wake)
		t := m.seen[id]
		t.wait += w * 9 / 10 // the rest is the switch itself
		m.seen[id] = t
		m.pass(w)
	}
}

// modelBridge takes ratio times as long as the plain call, on a quiet machine.
type modelBridge struct {
	m         *modelMachine
	reference time.Duration
	ratio     float64
	asleep    bool // what it takes too long, it sleeps; otherwise the caller computes
}

func (b modelBridge) call() {
	const own = 2 * time.Microsecond // of the caller
	whole := time.Duration(b.ratio * float64(b.reference))
	inPython := min(whole, b.reference*9/10) - own - 2*quietWake
	b.m.work(callerThread, own)
	b.m.awake(pythonThread)
	b.m.work(pythonThread, inPython)
	b.m.awake(callerThread)
	if rest := whole - inPython - own - 2*quietWake; b.asleep {
		b.m.pass(max(0, rest))
	} else {
		b.m.work(callerThread, max(0, rest))
	}
}

func (b modelBridge) Sync(context.Context, *mistral.ChatCompletionRequest) ([]int32, error) {
	b.call()
	return nil, nil
}

func (b modelBridge) Async(context.Context, *mistral.ChatCompletionRequest) *async.Future[*bridge.Tokenized] {
	b.call()
	return async.Ready(&bridge.Tokenized{})
}

func (b modelBridge) Reference(_ context.Context, _ *mistral.ChatCompletionRequest, n int) ([]int32, []time.Duration, error) {
	b.m.awake(pythonThread)
	times := make([]time.Duration, n)
	for i := range times {
		start := b.m.clock
		b.m.work(pythonThread, b.reference)
		times[i] = b.m.clock - start
	}
	return nil, times, nil
}

var (
	quiet = map[string]weather{
		"quiet":              {},
		"a little goes on":   {others: 0.05, slice: 100 * time.Millisecond, wait: 300 * time.Microsecond},
		"quiet, not counted": {blind: true},
	}
	stormy = map[string]weather{
		"niced loops":              {others: 1, wake: 30 * time.Microsecond, speed: 0.05},
		"busy loops":               {others: 1.2, slice: 3 * time.Millisecond, wait: 3 * time.Millisecond, wake: 200 * time.Microsecond, speed: 0.1},
		"load of ten":              {others: 1.8, slice: 3 * time.Millisecond, wait: 14 * time.Millisecond, wake: time.Millisecond, speed: 0.2},
		"bursts":                   {others: 1.8, slice: 3 * time.Millisecond, wait: 10 * time.Millisecond, wake: time.Millisecond, speed: 0.2, on: func(t time.Duration) bool { return t/(300*time.Millisecond)%2 == 0 }},
		"not counted":              {others: 1.8, slice: 3 * time.Millisecond, wait: 14 * time.Millisecond, wake: time.Millisecond, speed: 0.2, blind: true},
		"only hidden":              {slice: 3 * time.Millisecond, wait: 10 * time.Millisecond, wake: time.Millisecond, speed: 0.1},
		"stolen by the hypervisor": {others: 0.5, slice: 10 * time.Millisecond, wait: 5 * time.Millisecond, wake: 50 * time.Microsecond, speed: 0.1, lost: true},
	}
	sizes = []time.Duration{100 * time.Microsecond, 8 * time.Millisecond, 60 * time.Millisecond} // 1, 100, 500 KB
)

const seeds = 4

// each runs the check for every size, several times and both kinds of slowness.
func each(t *testing.T, w weather, ratio float64, see func(size time.Duration, o Overhead)) {
	t.Helper()
	for _, size := range sizes {
		for seed := range uint64(seeds) {
			m := newModel(w, seed)
			see(size, checkOverhead(t.Context(), modelBridge{m, size, ratio, seed%2 == 0}, 1, m))
		}
	}
}

func TestModel_quiet(t *testing.T) {
	for name, w := range quiet {
		for _, ratio := range []float64{0.6, 0.95, 1.02, 1.08, 1.5} {
			each(t, w, ratio, func(size time.Duration, o Overhead) {
				about := fmt.Sprintf("%s, %v, ratio %.2f: %+v", name, size, ratio, o)
				assert.True(t, o.Judged, about)
				assert.Empty(t, o.Reason, about)
				assert.Equal(t, ratio < 1.05, o.Pass, about)
				assert.InDelta(t, ratio-1, o.Sync, 0.02, about)
				assert.InDelta(t, ratio-1, o.Async, 0.02, about)
			})
		}
	}
}

// Whatever others do, they fail no bridge that is fast and pass none that is slow.
func TestModel_loadDecidesNothing(t *testing.T) {
	for name, w := range stormy {
		for _, ratio := range []float64{0.6, 0.95, 1.02, 1.08, 1.5} {
			judged, all := 0, 0
			each(t, w, ratio, func(size time.Duration, o Overhead) {
				about := fmt.Sprintf("%s, %v, ratio %.2f: %+v", name, size, ratio, o)
				if o.Judged {
					judged++
					assert.Equal(t, ratio < 1.05, o.Pass, about)
				} else {
					assert.Contains(t, o.Reason, "the machine is busy", about)
					assert.False(t, o.Pass, about)
					assert.False(t, o.failed(), about)
				}
				all++
			})
			t.Logf("%s, ratio %.2f: %d of %d judged", name, ratio, judged, all)
		}
	}
}

// Under load, too, what is plain is said.
func TestModel_plainUnderLoad(t *testing.T) {
	for name, w := range stormy {
		if w.blind || w.lost {
			continue
		}
		for ratio, pass := range map[float64]bool{0.6: true, 2: false} {
			each(t, w, ratio, func(size time.Duration, o Overhead) {
				if size < time.Millisecond {
					return
				}
				about := fmt.Sprintf("%s, %v, ratio %.2f: %+v", name, size, ratio, o)
				assert.True(t, o.Judged, about)
				assert.Equal(t, pass, o.Pass, about)
			})
		}
	}
}
