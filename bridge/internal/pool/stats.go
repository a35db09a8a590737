package pool

import (
	"cmp"
	"slices"
	"time"
)

// Stats is a snapshot, taken at one instant. When nothing is under way, Submitted = Completed + Failed + Cancelled.
type Stats struct {
	Submitted, Completed, Failed, Cancelled, Dropped, Overloaded int64
	Depth, MaxDepth, Running                                     int64
	WaitTotal, WaitMax, RunTotal, RunMax                         time.Duration

	Forks   int64 // workers made
	Killed  int64 // workers killed for a call that was given up or took too long
	Crashes int64 // workers that ended by themselves
	Boots   int64 // first processes made
	Wanted  int64 // workers that there should be
	Unmade  int64 // attempts to make a worker that failed
	Workers []WorkerStats
}

// WorkerStats describes one worker that exists.
type WorkerStats struct {
	PID     int
	Started time.Time
	Jobs    int64
	Busy    time.Duration
	Running bool // a job now
}

// Stats returns a snapshot.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Depth, s.Wanted, s.Overloaded = p.depth(), int64(p.options.Workers), p.overloaded.Load()
	if p.control.current != nil {
		s.Running++
	}
	for w := range p.liveWorkers() {
		if len(w.Pipe) > 0 {
			s.Running++
		}
		if w.Accepting() {
			one := w.stats
			one.Running = len(w.Pipe) > 0
			s.Workers = append(s.Workers, one)
		}
	}
	slices.SortFunc(s.Workers, func(a, b WorkerStats) int { return cmp.Compare(a.PID, b.PID) })
	return s
}
