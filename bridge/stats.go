package bridge

import "time"

// Stats is a snapshot of the interpreter's thread and of what crossed to it, or of
// the workers. Counts are since it was started, for all Runtimes together; the fields
// are read one by one. When nothing is under way, Submitted is the sum of
// Completed, Failed and Cancelled, and RefsTaken equals RefsReleased.
type Stats struct {
	Submitted  int64 // calls queued
	Completed  int64 // calls that Python answered, also with an exception
	Failed     int64 // calls that failed on the way, or were given up by Close
	Cancelled  int64 // calls whose context ended first
	Dropped    int64 // those of them that were running by then: their answers are nobody's
	Overloaded int64 // calls refused because the queue was full

	Depth    int64 // calls waiting now
	MaxDepth int64
	Running  int64 // calls in Python now: with one interpreter 0 or 1

	WaitTotal, WaitMax time.Duration // in the queue
	RunTotal, RunMax   time.Duration // in Python

	// With one interpreter in this process; 0 with workers.
	Sleeps                   int64  // times the thread went to sleep
	SpinHits, SpinMisses     int64  // the thread's polling for the next call
	CallerHits, CallerMisses int64  // the callers' polling for an answer
	RefsTaken, RefsReleased  uint64 // references to Python objects, on the C side
	BuffersAllocated         uint64 // C buffers; a few are kept between calls
	BuffersFreed             uint64

	// With workers.
	WorkersStarted int64
	WorkersKilled  int64 // for a call that was given up, or took too long
	WorkersCrashed int64 // ended by themselves
	WorkersFailed  int64 // attempts to make one that failed
	WorkersWanted  int64 // WithWorkers' number; len(Workers) is how many there are
	Workers        []WorkerStats
}

// WorkerStats describes one worker process that exists now.
type WorkerStats struct {
	PID     int
	Started time.Time
	Jobs    int64         // calls it has run
	Busy    time.Duration // in those
	Running bool          // one now
}

// Stats may be called at any time, also while a call runs.
func (rt *Runtime) Stats() Stats { return rt.backend.stats() }

// Admit returns ErrOverloaded if a call made now would get it, and counts that as one that did: for who has something to
// do before a call, such as to read its request. It holds no place for the call, and waits for nothing.
func (rt *Runtime) Admit() error { return rt.backend.admit() }

// Ready returns nil, or why calls cannot be served now: workers that die one after
// another (ErrCrashLoop), or none that lives and can serve what is loaded, while none
// can be made (*NoWorkerError).
func (rt *Runtime) Ready() error { return outward(rt.backend.ready()) }
