package pool

import (
	"slices"
	"time"
)

// schedule gives jobs to workers. Of the idle ones that which was busy last comes first: its caches are warm. What is
// left is given to busy ones if it is short: then they go on without waiting for us. The lock is held.
func (p *Pool) schedule() {
	if p.options.Gather > 0 {
		p.gather()
	}
	for i := len(p.idle) - 1; i >= 0 && len(p.queue) > 0; i-- {
		w := p.idle[i]
		if j := p.queue.first(func(j *Job) bool { return p.may(w, j) }); j != nil {
			p.idle = slices.Delete(p.idle, i, i+1)
			p.give(w, j)
		}
	}
	for len(p.queue) > 0 {
		w, room := p.roomiest()
		if w == nil {
			return
		}
		// Whose turn it is has it, also if that means that a worker has to finish first.
		j := p.queue.first(func(j *Job) bool { return p.may(w, j) })
		if j == nil || !j.short() || j.cost+callCost > room {
			return
		}
		p.give(w, j)
	}
}

// gather puts short jobs behind those of workers that are at it, before an idle one is woken for them. The lock is held.
func (p *Pool) gather() {
	for len(p.queue) > 0 && len(p.idle) > 0 {
		w, room := p.busiest()
		if w == nil {
			return
		}
		j := p.queue.first(func(j *Job) bool { return p.may(w, j) })
		if j == nil || !j.short() || j.cost+callCost > room {
			return
		}
		p.give(w, j)
	}
}

// busiest is the worker at short work with the most to do that may have more, and how much more.
func (p *Pool) busiest() (best *worker, room time.Duration) {
	for _, w := range p.crew {
		left := p.options.Gather - w.load()
		if len(w.pipe) > 0 && len(w.pipe) < depth && !w.leaving && !w.slow && left > 0 && (best == nil || left < room) {
			best, room = w, left
		}
	}
	return best, room
}

// load is how much work a worker has before it. The lock is held.
func (w *worker) load() (sum time.Duration) {
	for _, s := range w.pipe {
		sum += s.cost
	}
	return sum
}

// may reports whether a job may go to a worker now. With several workers, one of them is for what is not large.
func (p *Pool) may(w *worker, j *Job) bool {
	return w.can(j) && (!j.large || p.largeRunning < p.options.largeLimit())
}

const (
	// pipeCost is how much work a worker has before it at most, while other jobs wait.
	pipeCost = 4 * time.Millisecond
	// shortCost is up to what others may wait behind a job.
	shortCost = time.Millisecond
	// callCost is what the shortest job is taken to cost.
	callCost = 100 * time.Microsecond
)

// roomiest is the busy worker with the least to do, and how much more it may have; nil if none may have more.
func (p *Pool) roomiest() (best *worker, room time.Duration) {
	for _, w := range p.crew {
		if len(w.pipe) == 0 || len(w.pipe) == depth || w.leaving || w.slow {
			continue
		}
		if left := pipeCost - w.load(); left > room {
			best, room = w, left
		}
	}
	return best, room
}

// give gives a job to a worker.
func (p *Pool) give(w *worker, j *Job) {
	p.queue.remove(j)
	w.serial++
	s := slot{job: j, serial: w.serial, cost: pipeCost, large: j.large}
	if j.short() {
		s.cost = j.cost + callCost
	}
	if len(w.pipe) == 0 {
		w.began = time.Now()
		p.inLine(j, w.began)
	}
	w.pipe = append(w.pipe, s)
	j.state, j.worker = given, w
	if j.large {
		p.largeRunning++
	}
	w.post(j, s.serial)
	if len(w.pipe) > 1 {
		p.call(hurrying)
	} else {
		p.call(strolling)
	}
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
	p.queue.add(j)
	if j.object != nil && j.object.lost != nil {
		p.settle(j, *j.object.lost, nil)
	}
}
