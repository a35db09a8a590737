package sched

import (
	"slices"
	"time"
)

// Limits are what a Scheduler keeps to.
type Limits struct {
	Workers int           // how many there should be, at least one
	Gather  time.Duration // of short work that a busy worker is given before an idle one is woken; 0: none
}

// Scheduler decides. It is not safe for concurrent use: one lock or one goroutine owns it.
type Scheduler struct {
	limits      Limits
	queue       queue
	workers     []*Worker // that have not exited, in the order in which they were added
	idle        []*Worker // those of them that take jobs and have none; the last was busy last
	large       int       // large jobs in workers
	assignments []Assignment
	restarts    restarts
}

// New returns a Scheduler without jobs and workers.
func New(l Limits) *Scheduler { return &Scheduler{limits: l} }

// Assignment is a job that a worker is given.
type Assignment struct {
	Worker *Worker
	Job    *Job
	Serial uint64 // of the job in this worker
	Alone  bool   // there is nothing before it
}

const (
	// Depth is how many jobs a worker has at most.
	Depth = 16
	// pipeCost is how much work a worker has before it at most, while other jobs wait.
	pipeCost = 4 * time.Millisecond
	// callCost is what the shortest job is taken to cost.
	callCost = 100 * time.Microsecond
)

// Queue are the jobs that wait, the next one first, the others in no order. It is the Scheduler's: copy it before
// changing anything.
func (s *Scheduler) Queue() []*Job { return s.queue }

// Workers are those that have not exited. The slice is the Scheduler's.
func (s *Scheduler) Workers() []*Worker { return s.workers }

// Idle is how many workers have nothing to do.
func (s *Scheduler) Idle() int { return len(s.idle) }

// Depth is how many jobs wait, behind others in workers too.
func (s *Scheduler) Depth() int {
	n := len(s.queue)
	for _, w := range s.workers {
		n += max(0, len(w.Pipe)-1)
	}
	return n
}

// Add queues a job: one that is new, or was taken back.
func (s *Scheduler) Add(j *Job) {
	if !j.Waiting() {
		s.queue.add(j)
	}
}

// Remove takes a job out of the queue: it is given up, and is never given to a worker.
func (s *Scheduler) Remove(j *Job) {
	if j.Waiting() {
		s.queue.remove(j)
	}
}

// Schedule gives jobs to workers. What it returns holds until it is called again.
func (s *Scheduler) Schedule() []Assignment {
	s.assignments = s.assignments[:0]
	if s.limits.Gather > 0 {
		s.fill(s.mostLoaded, true)
	}
	for i := len(s.idle) - 1; i >= 0 && len(s.queue) > 0; i-- {
		w := s.idle[i]
		if j := s.first(w); j != nil {
			s.assign(w, j)
		}
	}
	s.fill(s.leastLoaded, false)
	return s.assignments
}

// fill puts short jobs behind others in the workers that choose returns with the room that they have. The
// head of the queue waits for a worker rather than be overtaken.
func (s *Scheduler) fill(choose func() (*Worker, time.Duration), whileIdle bool) {
	for len(s.queue) > 0 && (!whileIdle || len(s.idle) > 0) {
		w, room := choose()
		if w == nil {
			return
		}
		j := s.first(w)
		if j == nil || !j.Short || j.Cost+callCost > room {
			return
		}
		s.assign(w, j)
	}
}

// hasRoom reports whether a worker that is busy may have more.
func (w *Worker) hasRoom() bool {
	return len(w.Pipe) > 0 && len(w.Pipe) < Depth && w.Accepting() && !w.slow
}

// mostLoaded is the busy worker with the most to do that may have more, and how much more.
func (s *Scheduler) mostLoaded() (best *Worker, room time.Duration) {
	for _, w := range s.workers {
		if !w.hasRoom() {
			continue
		}
		if left := s.limits.Gather - w.load(); left > 0 && (best == nil || left < room) {
			best, room = w, left
		}
	}
	return best, room
}

// leastLoaded is the busy worker with the least to do, and how much more it may have; nil if none may have more.
func (s *Scheduler) leastLoaded() (best *Worker, room time.Duration) {
	for _, w := range s.workers {
		if !w.hasRoom() {
			continue
		}
		if left := pipeCost - w.load(); left > room {
			best, room = w, left
		}
	}
	return best, room
}

// mayAssign reports whether a job may go to a worker now.
func (s *Scheduler) mayAssign(w *Worker, j *Job) bool {
	return w.CanRun(j) && (!j.Large || s.large < max(1, s.limits.Workers-1))
}

func (s *Scheduler) assign(w *Worker, j *Job) {
	s.queue.remove(j)
	w.serial++
	entry := InFlight{Job: j, Serial: w.serial, cost: pipeCost, large: j.Large}
	if j.Short {
		entry.cost = j.Cost + callCost
	}
	if len(w.Pipe) == 0 {
		s.removeIdle(w)
	}
	w.Pipe = append(w.Pipe, entry)
	if j.Large {
		s.large++
	}
	s.assignments = append(s.assignments, Assignment{w, j, w.serial, len(w.Pipe) == 1})
}

func (s *Scheduler) removeIdle(w *Worker) {
	if i := slices.Index(s.idle, w); i >= 0 {
		s.idle = slices.Delete(s.idle, i, i+1)
	}
}

// PopReply takes the oldest job out of a worker's pipe: it was answered. When it was the last one the worker is idle, if it
// takes jobs.
func (s *Scheduler) PopReply(w *Worker) InFlight {
	entry := w.Pipe[0]
	w.Pipe = slices.Delete(w.Pipe, 0, 1)
	if entry.large {
		s.large--
	}
	w.slow = false
	if len(w.Pipe) == 0 && w.Accepting() {
		s.idle = append(s.idle, w)
	}
	return entry
}

// Requeue queues the job of an in-flight entry again; the entry stays, with an answer that nobody waits for.
func (s *Scheduler) Requeue(entry *InFlight) {
	s.Add(entry.Job)
	entry.Job = nil
}

// AddWorker adds a worker, which may be given jobs at once.
func (s *Scheduler) AddWorker(w *Worker) {
	if w.Pipe == nil {
		w.Pipe = make([]InFlight, 0, Depth)
	}
	s.workers = append(s.workers, w)
	s.idle = append(s.idle, w)
}

// Retire has a worker get no more jobs; false: it got none before. Those in its pipe stay.
func (s *Scheduler) Retire(w *Worker) bool {
	if !w.transition(Draining) {
		return false
	}
	s.removeIdle(w)
	return true
}

// RemoveWorker removes a worker that has been retired and has exited, and returns what it has not answered. The owner
// resolves those jobs, or adds them again.
func (s *Scheduler) RemoveWorker(w *Worker) []InFlight {
	if !w.transition(Exited) {
		return nil
	}
	s.workers = slices.DeleteFunc(s.workers, func(o *Worker) bool { return o == w })
	left := w.Pipe
	w.Pipe = nil
	for _, entry := range left {
		if entry.large {
			s.large--
		}
	}
	return left
}
