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
	// MaxAttempts is how many attempts to make a worker may fail before jobs that have none are hopeless: one and its retry.
	MaxAttempts = 2
	// CrashLoop is from how many ends of workers in a row, with no job answered between, workers are said to be in a loop.
	CrashLoop = 5
)

// restarts are the failures to make workers and to keep them.
type restarts struct {
	failures int       // to make a worker, in a row
	retry    time.Time // when the next attempt may be made for that
	crashes  int       // of workers, with no job answered between
	resume   time.Time // when the next attempt may be made for those
}

// Step is what there is to do about the workers.
type Step uint8

// The steps.
const (
	Idle  Step = iota // nothing, for Plan.Wait
	Boot              // make a parent of workers: there is none
	Spawn             // make a worker of the newest generation
	Stop              // retire Plan.Worker, which has nothing to do, and end it
	Drain             // retire Plan.Worker; it ends when it has finished
)

func (s Step) String() string {
	return [...]string{"idle", "boot", "spawn", "stop", "drain"}[s]
}

// Plan is a step, with what belongs to it.
type Plan struct {
	Step   Step
	Wait   time.Duration
	Worker *Worker
}

// idleWait is how long there is nothing to do when something has to happen first.
const idleWait = time.Hour

// NextStep returns what to do next about the workers; newest is the generation that workers are made of now, below 0 if there
// is none.
func (s *Scheduler) NextStep(now time.Time, newest int) Plan {
	if wait := max(s.restarts.retry.Sub(now), s.restarts.resume.Sub(now)); wait > 0 {
		return Plan{Wait: wait}
	}
	if newest < 0 {
		return Plan{Step: Boot}
	}
	fresh, all := 0, 0
	var old *Worker
	for _, w := range s.workers {
		switch {
		case !w.Accepting():
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
		return Plan{Step: Spawn}
	case old == nil:
		return Plan{Wait: idleWait}
	case len(old.Pipe) == 0:
		return Plan{Step: Stop, Worker: old}
	default:
		return Plan{Step: Drain, Worker: old}
	}
}

// backoff is how long to wait after the n-th failure in a row.
func backoff(n int) time.Duration { return min(BackoffMin<<min(n-1, 16), BackoffMax) }

// SpawnFailed counts an attempt to make a worker that has failed.
func (s *Scheduler) SpawnFailed(now time.Time) {
	s.restarts.failures++
	s.restarts.retry = now.Add(backoff(s.restarts.failures))
}

// SpawnSucceeded records that a worker is ready, and returns how many attempts had failed before it.
func (s *Scheduler) SpawnSucceeded(w *Worker) (failures int) {
	w.transition(Serving)
	failures = s.restarts.failures
	s.restarts.failures, s.restarts.retry = 0, time.Time{}
	return failures
}

// Failures is how many attempts to make a worker have failed in a row.
func (s *Scheduler) Failures() int { return s.restarts.failures }

// Retry is when the next attempt may be made.
func (s *Scheduler) Retry() time.Time { return s.restarts.retry }

// WorkerCrashed counts a worker that has ended by itself. The first one is replaced at once.
func (s *Scheduler) WorkerCrashed(now time.Time) {
	s.restarts.crashes++
	s.restarts.resume = now
	if s.restarts.crashes > 1 {
		s.restarts.resume = now.Add(backoff(s.restarts.crashes - 1))
	}
}

// Crashes is how many workers have ended by themselves with no job answered between.
func (s *Scheduler) Crashes() int { return s.restarts.crashes }

// JobCompleted records that some worker has answered: they do not all crash.
func (s *Scheduler) JobCompleted() { s.restarts.crashes, s.restarts.resume = 0, time.Time{} }

// RetryNow makes the first attempt after the end of the last worker that took jobs at once: until it fails, what is known
// of earlier ones is no reason to give jobs up.
func (s *Scheduler) RetryNow() {
	if s.restarts.failures > 0 && s.Accepting() == 0 {
		s.restarts.failures, s.restarts.retry = MaxAttempts-1, time.Time{}
	}
}

// Accepting is how many workers take jobs.
func (s *Scheduler) Accepting() (n int) {
	for _, w := range s.workers {
		if w.Accepting() {
			n++
		}
	}
	return n
}

// Failing reports whether no worker can be made, as far as is known.
func (s *Scheduler) Failing() bool { return s.restarts.failures >= MaxAttempts }

// Hopeless reports whether no worker that lives can run a job, and none can be made.
func (s *Scheduler) Hopeless(j *Job) bool { return s.Failing() && !s.CanServe(j) }

// CanServe reports whether a worker that lives can run a job.
func (s *Scheduler) CanServe(j *Job) bool {
	return slices.ContainsFunc(s.workers, func(w *Worker) bool { return w.Accepting() && w.CanRun(j) })
}
