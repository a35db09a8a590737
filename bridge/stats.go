package bridge

import (
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/cpython"
)

// Stats is a snapshot of the interpreter's thread and of what crossed to it.
// Counts are since the process started it, for all Runtimes together; the fields
// are read one by one. When nothing is under way, Submitted is the sum of
// Completed, Failed and Cancelled, and RefsTaken equals RefsReleased.
type Stats struct {
	Submitted  int64 // calls queued
	Completed  int64 // calls that Python answered, also with an exception
	Failed     int64 // calls that failed on the way, or were given up by Close
	Cancelled  int64 // calls whose context ended first
	Dropped    int64 // answers that came after their caller had gone
	Overloaded int64 // calls refused because the queue was full

	Depth    int64 // calls waiting now
	MaxDepth int64
	Running  int64 // calls in Python now: 0 or 1

	WaitTotal, WaitMax time.Duration // in the queue
	RunTotal, RunMax   time.Duration // in Python

	Sleeps                   int64 // times the thread went to sleep
	SpinHits, SpinMisses     int64 // the thread's polling for the next call
	CallerHits, CallerMisses int64 // the callers' polling for an answer

	RefsTaken, RefsReleased uint64 // references to Python objects, on the C side
	BuffersAllocated        uint64 // C buffers; a few are kept between calls
	BuffersFreed            uint64
}

// Stats may be called at any time, also while a call runs.
func (rt *Runtime) Stats() Stats {
	s, c := rt.interp.exec.Stats(), cpython.ReadCounters()
	return Stats{
		Submitted: s.Submitted, Completed: s.Completed, Failed: s.Failed, Cancelled: s.Cancelled,
		Dropped: s.Dropped, Overloaded: s.Overloaded,
		Depth: s.Depth, MaxDepth: s.MaxDepth, Running: s.InFlight,
		WaitTotal: s.WaitTotal, WaitMax: s.WaitMax, RunTotal: s.RunTotal, RunMax: s.RunMax,
		Sleeps: s.Parks, SpinHits: s.Spins.ExecutorHits, SpinMisses: s.Spins.ExecutorMisses,
		CallerHits: s.Spins.CallerHits, CallerMisses: s.Spins.CallerMisses,
		RefsTaken: c.Taken, RefsReleased: c.Released, BuffersAllocated: c.Allocated, BuffersFreed: c.Freed,
	}
}
