package executor

import (
	"math/bits"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	pollsPerClock = 64                    // polls between two looks at the clock
	pollsPerYield = 512                   // polls of a caller between two yields of its P, about a microsecond
	crowdMemory   = 32                    // lone submissions in a row until callers spin again after a crowd
	procsEvery    = 256                   // jobs between two looks at GOMAXPROCS
	wakeUp        = 80 * time.Microsecond // what polling saves at best: the wake-up of a thread
	gain          = 80 * time.Microsecond // what a hit saves, and so earns the callers' account
	allowance     = 20 * time.Microsecond // what a call that may not poll pays in: the mean loss polling may cause
	maxCredit     = 5 * time.Millisecond  // what hits may save up: a burst of noise does not stop the polling
)

// classes are the kinds of jobs whose run times are kept apart: a small job is no reason to sleep for a large one, and
// the other way round.
const classes = 256

// classOf is the class of a frame without Options.Class: its size, in powers of two.
func classOf(frame []byte) uint8 { return uint8(bits.Len(uint(len(frame)))) }

// spinner decides who polls and for how long, from the job times and arrival gaps seen. Callers use callerBudget and
// await from any goroutine; the rest belongs to the locked thread.
type spinner struct {
	limit Spin
	procs atomic.Int32          // processors to run on
	run   [classes]atomic.Int64 // usual run time of a job of each class, ns (EWMA, 1/8)
	// credit is the callers' account, ns: hits earn a little, time polled in vain is paid for, and below zero nobody
	// polls. On a machine with other work, where the thread waits for the very core that a caller polls on, that
	// bounds the loss to about the allowance a call.
	credit  atomic.Int64
	waiting atomic.Int32 // callers in Do and Wait, those woken and not yet back included
	token   atomic.Bool  // held by the one caller that spins
	freesP  bool         // the doorbell waits without holding a P
	crowd   atomic.Int32 // lone submissions still to come until callers may spin

	gap time.Duration // usual time from idle to the next arrival (EWMA, 1/2, capped); locked thread only

	callerHits, callerMisses     atomic.Int64
	executorHits, executorMisses atomic.Int64
}

func newSpinner(limit Spin) *spinner {
	s := &spinner{limit: limit, gap: 2 * max(limit.Executor, 0)}
	s.credit.Store(int64(maxCredit))
	s.countProcs()
	return s
}

// countProcs is called now and then: GOMAXPROCS may change, and reading it takes the scheduler's lock.
func (s *spinner) countProcs() {
	s.procs.Store(int32(min(runtime.GOMAXPROCS(0), runtime.NumCPU())))
}

// submitted records whether a job found others before it, or its caller other callers. In a crowd nobody spins: a spinning caller and the thread
// would keep two Ps busy with each other while woken callers wait for one.
func (s *spinner) submitted(ahead int) {
	if ahead > 0 || s.waiting.Load() > 1 {
		s.crowd.Store(crowdMemory)
	} else if n := s.crowd.Load(); n > 0 {
		s.crowd.Store(n - 1) // racing callers are a crowd anyway
	}
}

// callerBudget is how long a caller may poll; 0 is not at all. A spin that ends before the job does is worse than
// none, so jobs near the limit and beyond are slept for.
func (s *spinner) callerBudget(class uint8) time.Duration {
	if s.limit.Caller <= 0 || s.procs.Load() < 2 || s.crowd.Load() > 0 {
		return 0
	}
	run := time.Duration(s.run[class].Load())
	if run > s.limit.Caller {
		return 0
	}
	return min(2*run+2*wakeUp, s.limit.Caller)
}

// await polls for the job's outcome, when that promises to pay, and reports whether it is there. yield makes it give
// up its P first, for a thread that was just woken and needs one.
func (s *spinner) await(j *Job, yield bool) bool {
	if j.settled() {
		return true
	}
	budget := s.callerBudget(j.class)
	if budget == 0 {
		return false
	}
	if s.credit.Load() < 0 {
		s.credit.Add(int64(allowance))
		return false
	}
	if !s.token.CompareAndSwap(false, true) {
		return false
	}
	start := time.Now()
	hit := pollJob(j, start, budget, yield)
	s.recordSpin(j.class, hit, min(time.Since(start), budget)) // beyond the budget, others had the processor
	s.token.Store(false)
	return hit
}

// recordSpin books a spin. A hit that took longer than the job and a wake-up was a loss, too.
func (s *spinner) recordSpin(class uint8, hit bool, took time.Duration) {
	value := -took
	if hit {
		s.callerHits.Add(1)
		value = min(gain, time.Duration(s.run[class].Load())+wakeUp-took)
	} else {
		s.callerMisses.Add(1)
	}
	s.credit.Store(min(s.credit.Load()+int64(value), int64(maxCredit)))
}

func pollJob(j *Job, start time.Time, budget time.Duration, yield bool) bool {
	if yield {
		runtime.Gosched()
	}
	for i := 1; ; i++ {
		if j.settled() {
			return true
		}
		if i%pollsPerYield == 0 {
			runtime.Gosched() // cheap here: this goroutine is not locked
		}
		if i%pollsPerClock == 0 && time.Since(start) >= budget {
			return false
		}
	}
}

// executorBudget is how long the locked thread may poll for the next job. woke says that it had to wake a
// waiter since it last slept: that one may sit in this P's run queue, and keeping the P would hold it up.
func (s *spinner) executorBudget(woke bool) time.Duration {
	if woke && !s.freesP || s.limit.Executor <= 0 || s.procs.Load() < 2 || s.gap > s.limit.Executor {
		return 0
	}
	return min(2*s.gap+10*time.Microsecond, s.limit.Executor)
}

// polled records how the thread's polling ended.
func (s *spinner) polled(budget time.Duration, hit bool) {
	switch {
	case budget <= 0:
	case hit:
		s.executorHits.Add(1)
	default:
		s.executorMisses.Add(1)
	}
}

// recordGap records how long the thread was idle before a job came. The cap makes one long pause weigh no more than a
// short one, so that two short gaps start the spinning again.
func (s *spinner) recordGap(gap time.Duration) {
	if s.limit.Executor > 0 {
		s.gap = (s.gap + min(max(gap, 0), 2*s.limit.Executor)) / 2
	}
}

// ran records a job's run time.
func (s *spinner) ran(class uint8, d time.Duration) {
	run := &s.run[class]
	old := run.Load()
	if old == 0 {
		run.Store(int64(d))
		return
	}
	run.Store(old + (int64(d)-old)/8)
}
