package sched

import (
	"slices"
	"time"
)

// State is where a worker is in its life. Whether one is idle or busy is said by its pipe.
type State uint8

// The states of a worker.
const (
	Starting State = iota // it was made, and has not said that it is ready; it is given jobs
	Serving               // it is given jobs
	Draining              // it is given no more: it is to stop, or has ended
	Exited                // it has been reaped
)

// transitions are the states that may follow each. A worker never comes back to one that it has left.
var transitions = [...][]State{
	Starting: {Serving, Draining},
	Serving:  {Draining},
	Draining: {Exited},
	Exited:   {},
}

func (s State) String() string {
	return [...]string{"starting", "serving", "draining", "exited"}[s]
}

// mayBecome reports whether next may follow s.
func (s State) mayBecome(next State) bool { return slices.Contains(transitions[s], next) }

// Objects are what a worker has loaded.
type Objects interface {
	Has(object any) bool
}

// Worker is what a Scheduler knows about a worker.
type Worker struct {
	Value      any // the owner's own
	Generation int
	Objects    Objects

	// Pipe holds what it was given and has not answered, oldest first. The owner may read it, and may set
	// the Job of an entry to nil when nobody waits for its answer any more.
	Pipe []InFlight

	state  State
	slow   bool
	serial uint64 // of the last job that it was given
}

// InFlight is a job that a worker was given and has not answered.
type InFlight struct {
	Job    *Job
	Serial uint64
	cost   time.Duration
	large  bool
}

// State is where the worker is in its life.
func (w *Worker) State() State { return w.state }

// Accepting reports whether the worker may be given jobs at all.
func (w *Worker) Accepting() bool { return w.state <= Serving }

// transition changes the state; false: what is listed does not allow that, and nothing has changed.
func (w *Worker) transition(next State) bool {
	if !w.state.mayBecome(next) {
		return false
	}
	w.state = next
	return true
}

// Slow reports whether the worker is at one job for longer than others should wait behind it.
func (w *Worker) Slow() bool { return w.slow }

// SetSlow says so. A slow worker gets no jobs behind the one that it is at.
func (w *Worker) SetSlow(slow bool) { w.slow = slow }

// CanRun reports whether the worker has what the job needs.
func (w *Worker) CanRun(j *Job) bool {
	return (j.Object == nil || w.Objects.Has(j.Object)) && w.Generation >= j.MinGeneration
}

// load is how much work the worker has before it.
func (w *Worker) load() (sum time.Duration) {
	for _, s := range w.Pipe {
		sum += s.cost
	}
	return sum
}
