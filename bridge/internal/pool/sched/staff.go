package sched

import (
	"slices"
	"time"
)

const (
	// BackoffMin is the first pause between attempts to make a worker; each is twice the one before.
	BackoffMin = 20 * time.Millisecond
	// BackoffMax is the longest of these pauses.
	BackoffMax = 5 * time.Second
	// Patience is how many attempts to make a worker may fail before jobs that have none are hopeless: one and its retry.
	Patience = 2
	// Loop is from how many ends of workers in a row, with no job answered between, workers are said to be in a loop.
	Loop = 5
)

// staff is what is known of making workers.
type staff struct {
	failures int       // to make a worker, in a row
	retry    time.Time // when the next attempt may be made for that
	deaths   int       // of workers, with no job answered between
	resume   time.Time // when the next attempt may be made for those
}

// Step is what there is to do about the workers.
type Step uint8

// The steps.
const (
	Rest    Step = iota // nothing, for Plan.Wait
	Boot                // make a parent of workers: there is none
	Hire                // make a worker of the newest generation
	Dismiss             // retire Plan.Worker, which has nothing to do, and end it
	Outgrow             // retire Plan.Worker; it ends when it has finished
)

func (s Step) String() string {
	return [...]string{"rest", "boot", "hire", "dismiss", "outgrow"}[s]
}

// Plan is a step, with what belongs to it.
type Plan struct {
	Step   Step
	Wait   time.Duration
	Worker *Worker
}

// forever is how long there is nothing to do when something has to happen first.
const forever = time.Hour

// Staff says what to do next about the workers; newest is the generation that workers are made of now, below 0 if there
// is none.
func (s *Scheduler) Staff(now time.Time, newest int) Plan {
	if wait := max(s.staff.retry.Sub(now), s.staff.resume.Sub(now)); wait > 0 {
		return Plan{Wait: wait}
	}
	if newest < 0 {
		return Plan{Step: Boot}
	}
	fresh, all := 0, 0
	var old *Worker
	for _, w := range s.workers {
		switch {
		case !w.Takes():
			continue
		case w.Generation == newest:
			fresh++
		case old == nil || len(w.Pipe) == 0:
			old = w
		}
		all++
	}
	switch n := s.limits.Workers; {
	case fresh < n && all <= n:
		return Plan{Step: Hire}
	case old == nil:
		return Plan{Wait: forever}
	case len(old.Pipe) == 0:
		return Plan{Step: Dismiss, Worker: old}
	default:
		return Plan{Step: Outgrow, Worker: old}
	}
}

// backoff is how long to wait after the n-th failure in a row.
func backoff(n int) time.Duration { return min(BackoffMin<<min(n-1, 16), BackoffMax) }

// NotMade counts an attempt to make a worker that has failed.
func (s *Scheduler) NotMade(now time.Time) {
	s.staff.failures++
	s.staff.retry = now.Add(backoff(s.staff.failures))
}

// Made is told of a worker that has said it is ready, and returns how many attempts had failed before it.
func (s *Scheduler) Made(w *Worker) (failures int) {
	w.become(Serving)
	failures = s.staff.failures
	s.staff.failures, s.staff.retry = 0, time.Time{}
	return failures
}

// Failures is how many attempts to make a worker have failed in a row.
func (s *Scheduler) Failures() int { return s.staff.failures }

// Retry is when the next attempt may be made.
func (s *Scheduler) Retry() time.Time { return s.staff.retry }

// Died counts a worker that has ended by itself. The first one is replaced at once.
func (s *Scheduler) Died(now time.Time) {
	s.staff.deaths++
	s.staff.resume = now
	if s.staff.deaths > 1 {
		s.staff.resume = now.Add(backoff(s.staff.deaths - 1))
	}
}

// Deaths is how many workers have ended by themselves with no job answered between.
func (s *Scheduler) Deaths() int { return s.staff.deaths }

// Answered is told that some worker has answered: workers do not die of themselves.
func (s *Scheduler) Answered() { s.staff.deaths, s.staff.resume = 0, time.Time{} }

// TryAnew makes the first attempt after the end of the last worker that took jobs at once: until it fails, what is known
// of earlier ones is no reason to give jobs up.
func (s *Scheduler) TryAnew() {
	if s.staff.failures > 0 && s.Alive() == 0 {
		s.staff.failures, s.staff.retry = Patience-1, time.Time{}
	}
}

// Alive is how many workers take jobs.
func (s *Scheduler) Alive() (n int) {
	for _, w := range s.workers {
		if w.Takes() {
			n++
		}
	}
	return n
}

// Failing reports whether no worker can be made, as far as is known.
func (s *Scheduler) Failing() bool { return s.staff.failures >= Patience }

// Hopeless reports whether no worker that lives can run a job, and none can be made.
func (s *Scheduler) Hopeless(j *Job) bool { return s.Failing() && !s.Served(j) }

// Served reports whether a worker that lives can run a job.
func (s *Scheduler) Served(j *Job) bool {
	return slices.ContainsFunc(s.workers, func(w *Worker) bool { return w.Takes() && w.Can(j) })
}
