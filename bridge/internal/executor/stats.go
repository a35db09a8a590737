package executor

import (
	"sync/atomic"
	"time"
)

// Stats is a snapshot of an Executor's counters since its start. The fields are read one by one, not at one instant;
// when nothing is in flight, Submitted = Completed + Failed + Cancelled.
type Stats struct {
	Submitted  int64 // jobs queued
	Completed  int64 // jobs that got the engine's reply
	Failed     int64 // jobs that got the engine's error, a panic, or ErrClosed
	Cancelled  int64 // jobs that got their context's error
	Dropped    int64 // results that came after their job was given up
	Overloaded int64 // submissions refused with ErrOverloaded
	Panics     int64 // panics caught in the engine

	Depth    int64 // jobs queued now
	MaxDepth int64
	InFlight int64 // jobs the engine is busy with now: 0 or 1

	WaitTotal, WaitMax time.Duration // in the queue, jobs that ran
	RunTotal, RunMax   time.Duration // in the engine

	Parks int64 // times the thread went to sleep
	Spins Spins
}

// Spins counts how polling ended: a hit found what it waited for, a miss went to sleep.
type Spins struct {
	ExecutorHits, ExecutorMisses int64
	CallerHits, CallerMisses     int64
}

// counters: the first group is written by callers, the second by the locked thread alone, on cache lines of its own.
type counters struct {
	cancelled, overloaded, abandonedByClose atomic.Int64

	_                                    [64]byte
	completed, failed, dropped, panics   atomic.Int64
	waitTotal, waitMax, runTotal, runMax atomic.Int64
	inFlight, parks                      atomic.Int64
	_                                    [64]byte
}

// Stats returns a snapshot; it takes no lock.
func (e *Executor) Stats() Stats {
	c, q, s := &e.stats, &e.queue, e.spin
	return Stats{
		Submitted:  q.submitted.Load(),
		Completed:  c.completed.Load(),
		Failed:     c.failed.Load() + c.abandonedByClose.Load(),
		Cancelled:  c.cancelled.Load(),
		Dropped:    c.dropped.Load(),
		Overloaded: c.overloaded.Load(),
		Panics:     c.panics.Load(),
		Depth:      q.depth.Load(),
		MaxDepth:   q.maxDepth.Load(),
		InFlight:   c.inFlight.Load(),
		WaitTotal:  time.Duration(c.waitTotal.Load()),
		WaitMax:    time.Duration(c.waitMax.Load()),
		RunTotal:   time.Duration(c.runTotal.Load()),
		RunMax:     time.Duration(c.runMax.Load()),
		Parks:      c.parks.Load(),
		Spins: Spins{
			ExecutorHits: s.executorHits.Load(), ExecutorMisses: s.executorMisses.Load(),
			CallerHits: s.callerHits.Load(), CallerMisses: s.callerMisses.Load(),
		},
	}
}

// measure adds d to a total and a maximum that only this goroutine writes.
func measure(total, maximum *atomic.Int64, d time.Duration) {
	total.Store(total.Load() + int64(d))
	if int64(d) > maximum.Load() {
		maximum.Store(int64(d))
	}
}
