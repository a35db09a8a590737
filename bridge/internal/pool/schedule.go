package pool

import (
	"iter"
	"time"
)

// schedule gives jobs to workers, as package sched has it. The lock is held.
func (p *Pool) schedule() {
	for _, a := range p.sched.Schedule() {
		j, w := a.Job.Value.(*Job), a.Worker.Value.(*worker) //nolint:forcetypeassert // nothing else is put there
		j.state, j.worker = assigned, w
		if a.Alone {
			w.startedAt = time.Now()
			p.reachedHead(j, w.startedAt)
		}
		w.enqueue(j, a.Serial)
		if a.Alone {
			p.pollAtLeast(pollIdle)
		} else {
			p.pollAtLeast(pollBusy)
		}
	}
}

// liveWorkers are the workers that have not exited. The lock is held.
func (p *Pool) liveWorkers() iter.Seq[*worker] {
	return func(yield func(*worker) bool) {
		for _, w := range p.sched.Workers() {
			if !yield(w.Value.(*worker)) { //nolint:forcetypeassert // nothing else is put there
				return
			}
		}
	}
}

// queuedJobs is a copy of the jobs in the queue. The lock is held.
func (p *Pool) queuedJobs() (all []*Job) {
	for _, j := range p.sched.Queue() {
		all = append(all, j.Value.(*Job)) //nolint:forcetypeassert // nothing else is put there
	}
	return all
}

// reachedHead counts a job that has nothing before it any more, and releases its place. The lock is held.
func (p *Pool) reachedHead(j *Job, now time.Time) {
	wait := now.Sub(j.queuedAt)
	p.stats.WaitTotal += wait
	p.stats.WaitMax = max(p.stats.WaitMax, wait)
	p.releasePlace(j)
}

func (p *Pool) releasePlace(j *Job) {
	if j.holdsPlace {
		j.holdsPlace = false
		<-p.places
	}
}

// requeue takes a job back that a worker has not begun. The lock is held.
func (p *Pool) requeue(j *Job) {
	j.state, j.worker = queued, nil
	p.sched.Add(&j.entry)
	if j.object != nil && j.object.lost != nil {
		p.resolve(j, *j.object.lost, nil)
	}
}
