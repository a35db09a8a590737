package sched

import (
	"container/heap"
	"time"
)

// Job is what a Scheduler knows about a job.
type Job struct {
	Value         any           // the owner's own
	Key           time.Duration // its turn, see Turn: the least comes first
	Cost          time.Duration // what it may be expected to take
	Short         bool          // it takes about as long as Cost says, and others may wait behind it
	Large         bool          // it may not have all workers
	Object        any           // what it is about, nil for nothing: only workers that have it can run it
	MinGeneration int           // the oldest generation of workers that may run it

	at int // one more than its place in the heap, 0 while it does not wait
}

// Turn is the key of a job that came at that time.
func Turn(came, cost time.Duration) time.Duration { return came + cost }

// Waiting reports whether the job is in the queue.
func (j *Job) Waiting() bool { return j.at > 0 }

// queue holds the jobs that wait, by their turn.
type queue []*Job

func (q queue) Len() int           { return len(q) }
func (q queue) Less(a, b int) bool { return q[a].Key < q[b].Key }

func (q queue) Swap(a, b int) {
	q[a], q[b] = q[b], q[a]
	q[a].at, q[b].at = a+1, b+1
}

// Push is for container/heap.
func (q *queue) Push(x any) {
	j := x.(*Job) //nolint:forcetypeassert // nothing else is pushed
	*q = append(*q, j)
	j.at = len(*q)
}

// Pop is for container/heap.
func (q *queue) Pop() any {
	old := *q
	j := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	j.at = 0
	return j
}

func (q *queue) add(j *Job)    { heap.Push(q, j) }
func (q *queue) remove(j *Job) { heap.Remove(q, j.at-1) }

// first is the job whose turn it is among those that may go to w.
func (s *Scheduler) first(w *Worker) *Job {
	if len(s.queue) == 0 {
		return nil
	}
	best := s.queue[0] // nearly always
	if !s.mayAssign(w, best) {
		best = nil
		for _, j := range s.queue {
			if (best == nil || j.Key < best.Key) && s.mayAssign(w, j) {
				best = j
			}
		}
	}
	return best
}
