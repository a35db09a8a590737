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
	limits  Limits
	queue   queue
	workers []*Worker // that are not gone, in the order in which they were hired
	idle    []*Worker // those of them that take jobs and have none; the last was busy last
	large   int       // large jobs in workers
	given   []Assignment
	staff   staff
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

// Workers are those that are not gone. The slice is the Scheduler's.
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
	s.given = s.given[:0]
	if s.limits.Gather > 0 {
		s.fill(s.busiest, true)
	}
	for i := len(s.idle) - 1; i >= 0 && len(s.queue) > 0; i-- {
		w := s.idle[i]
		if j := s.first(w); j != nil {
			s.give(w, j)
		}
	}
	s.fill(s.roomiest, false)
	return s.given
}

// fill puts short jobs behind others in the workers that choose returns with the room that they have. Whose turn it is
// has it, also if that means that a worker has to finish first.
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
		s.give(w, j)
	}
}

// open reports whether a worker that is busy may have more.
func (w *Worker) open() bool {
	return len(w.Pipe) > 0 && len(w.Pipe) < Depth && w.Takes() && !w.slow
}

// busiest is the busy worker with the most to do that may have more, and how much more.
func (s *Scheduler) busiest() (best *Worker, room time.Duration) {
	for _, w := range s.workers {
		if !w.open() {
			continue
		}
		if left := s.limits.Gather - w.load(); left > 0 && (best == nil || left < room) {
			best, room = w, left
		}
	}
	return best, room
}

// roomiest is the busy worker with the least to do, and how much more it may have; nil if none may have more.
func (s *Scheduler) roomiest() (best *Worker, room time.Duration) {
	for _, w := range s.workers {
		if !w.open() {
			continue
		}
		if left := pipeCost - w.load(); left > room {
			best, room = w, left
		}
	}
	return best, room
}

// may reports whether a job may go to a worker now.
func (s *Scheduler) may(w *Worker, j *Job) bool {
	return w.Can(j) && (!j.Large || s.large < max(1, s.limits.Workers-1))
}

func (s *Scheduler) give(w *Worker, j *Job) {
	s.queue.remove(j)
	w.serial++
	slot := Slot{Job: j, Serial: w.serial, cost: pipeCost, large: j.Large}
	if j.Short {
		slot.cost = j.Cost + callCost
	}
	if len(w.Pipe) == 0 {
		s.notIdle(w)
	}
	w.Pipe = append(w.Pipe, slot)
	if j.Large {
		s.large++
	}
	s.given = append(s.given, Assignment{w, j, w.serial, len(w.Pipe) == 1})
}

func (s *Scheduler) notIdle(w *Worker) {
	if i := slices.Index(s.idle, w); i >= 0 {
		s.idle = slices.Delete(s.idle, i, i+1)
	}
}

// Answer takes the oldest job out of a worker's pipe: it was answered. When it was the last one the worker is idle, if it
// takes jobs.
func (s *Scheduler) Answer(w *Worker) Slot {
	slot := w.Pipe[0]
	w.Pipe = slices.Delete(w.Pipe, 0, 1)
	if slot.large {
		s.large--
	}
	w.slow = false
	if len(w.Pipe) == 0 && w.Takes() {
		s.idle = append(s.idle, w)
	}
	return slot
}

// TakeBack queues the job of a slot again; the slot stays, with an answer that is nobody's.
func (s *Scheduler) TakeBack(slot *Slot) {
	s.Add(slot.Job)
	slot.Job = nil
}

// Hire adds a worker, which may be given jobs at once.
func (s *Scheduler) Hire(w *Worker) {
	if w.Pipe == nil {
		w.Pipe = make([]Slot, 0, Depth)
	}
	s.workers = append(s.workers, w)
	s.idle = append(s.idle, w)
}

// Retire has a worker get no more jobs; false: it got none before. Those in its pipe stay.
func (s *Scheduler) Retire(w *Worker) bool {
	if !w.become(Leaving) {
		return false
	}
	s.notIdle(w)
	return true
}

// Bury removes a worker that has been retired and has ended, and returns what it has not answered. The owner settles
// those jobs, or adds them again.
func (s *Scheduler) Bury(w *Worker) []Slot {
	if !w.become(Gone) {
		return nil
	}
	s.workers = slices.DeleteFunc(s.workers, func(o *Worker) bool { return o == w })
	left := w.Pipe
	w.Pipe = nil
	for _, slot := range left {
		if slot.large {
			s.large--
		}
	}
	return left
}
