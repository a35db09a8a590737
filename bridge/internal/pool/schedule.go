package pool

import (
	"iter"
	"time"
)

// schedule gives jobs to workers, as package sched has it. The lock is held.
func (p *Pool) schedule() {
	for _, a := range p.sched.Schedule() {
		j, w := a.Job.Of.(*Job), a.Worker.Of.(*worker) //nolint:forcetypeassert // nothing else is put there
		j.state, j.worker = given, w
		if a.Alone {
			w.began = time.Now()
			p.inLine(j, w.began)
		}
		w.post(j, a.Serial)
		if a.Alone {
			p.call(strolling)
		} else {
			p.call(hurrying)
		}
	}
}

// crew are the workers that are not gone. The lock is held.
func (p *Pool) crew() iter.Seq[*worker] {
	return func(yield func(*worker) bool) {
		for _, w := range p.sched.Workers() {
			if !yield(w.Of.(*worker)) { //nolint:forcetypeassert // nothing else is put there
				return
			}
		}
	}
}

// waiting is a copy of the jobs in the queue. The lock is held.
func (p *Pool) waiting() (all []*Job) {
	for _, j := range p.sched.Queue() {
		all = append(all, j.Of.(*Job)) //nolint:forcetypeassert // nothing else is put there
	}
	return all
}

// inLine counts a job that has nothing before it any more, and frees its place. The lock is held.
func (p *Pool) inLine(j *Job, now time.Time) {
	wait := now.Sub(j.queuedAt)
	p.stats.WaitTotal += wait
	p.stats.WaitMax = max(p.stats.WaitMax, wait)
	p.free(j)
}

func (p *Pool) free(j *Job) {
	if j.placed {
		j.placed = false
		<-p.places
	}
}

// requeue takes a job back that a worker has not begun. The lock is held.
func (p *Pool) requeue(j *Job) {
	j.state, j.worker = queued, nil
	p.sched.Add(&j.entry)
	if j.object != nil && j.object.lost != nil {
		p.settle(j, *j.object.lost, nil)
	}
}
