package pool

import (
	"errors"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// schedule gives jobs to idle workers. The one that was busy last comes first: its caches are warm. The lock is held.
func (p *Pool) schedule() {
	for i := len(p.idle) - 1; i >= 0 && len(p.queue) > 0; i-- {
		w := p.idle[i]
		j := p.queue.first(func(j *Job) bool { return p.may(w, j) })
		if j == nil {
			continue
		}
		p.idle = slices.Delete(p.idle, i, i+1)
		p.begin(w, j)
	}
}

// may reports whether a job may go to a worker now. With several workers, one of them is for what is not large.
func (p *Pool) may(w *worker, j *Job) bool {
	if j.object != nil && w.zygote.known[j.object] == 0 || w.zygote.seq < j.least {
		return false
	}
	return !j.large || p.largeRunning < p.options.largeLimit()
}

func (p *Pool) begin(w *worker, j *Job) {
	now := time.Now()
	p.left(j, now)
	j.state, j.worker, w.job, w.began = running, w, j, now
	if j.large {
		p.largeRunning++
	}
	w.jobs++
	j.serial = w.jobs
	if p.options.TimeLimit > 0 {
		w.limit.Reset(p.options.TimeLimit)
	}
	w.in <- j
}

// left counts a job that leaves the queue, and frees its place.
func (p *Pool) left(j *Job, now time.Time) {
	wait := now.Sub(j.queuedAt)
	p.stats.WaitTotal += wait
	p.stats.WaitMax = max(p.stats.WaitMax, wait)
	<-p.places
}

// answered is the end of a job that its worker has answered; false: that is not what it was asked.
func (p *Pool) answered(w *worker, serial uint64, reply wire.Reply, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.job == nil || w.job.serial != serial {
		return false
	}
	if p.settle(w.job, reply, err) {
		if err == nil {
			p.stats.Completed++
		} else {
			p.stats.Failed++
		}
	}
	p.ran(w)
	p.deaths, p.notBefore = 0, time.Time{}
	if w.leaving {
		p.dismiss(w)
		return true
	}
	p.idle = append(p.idle, w)
	p.schedule()
	if p.zygote != w.zygote {
		p.poke()
	}
	return true
}

// ran accounts for what a worker has just done.
func (p *Pool) ran(w *worker) {
	w.limit.Stop()
	took := time.Since(w.began)
	p.stats.RunTotal += took
	p.stats.RunMax = max(p.stats.RunMax, took)
	w.stats.Jobs++
	w.stats.Busy += took
	if w.job.large {
		p.largeRunning--
	}
	w.job = nil
}

// died is the end of a worker. Its goroutine stays until the process is buried.
func (p *Pool) died(w *worker, err error) {
	p.mu.Lock()
	crashed := !w.leaving
	w.leaving = true
	p.idle = slices.DeleteFunc(p.idle, func(o *worker) bool { return o == w })
	p.mu.Unlock()

	w.kill()
	status := w.bury()

	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.workers, w)
	failure := w.errorOf(err, status)
	if j := w.job; j != nil {
		if p.settle(j, wire.Reply{}, failure) {
			p.stats.Failed++
		}
		p.ran(w)
	}
	close(w.in)
	if crashed && !p.stopping {
		p.crashed(failure)
	}
	p.release(w.zygote)
	p.schedule() // a large one may have waited for this one's end
	p.poke()
}

// settle gives a job its outcome; false: it has one. The lock is held.
func (p *Pool) settle(j *Job, reply wire.Reply, err error) bool {
	if j.state == settled {
		return false
	}
	if j.state == queued {
		p.unqueue(j)
	}
	j.state, j.reply, j.err = settled, reply, err
	if j.stop != nil {
		j.stop()
	}
	if j.object != nil {
		j.object.pending--
		if j.object.pending == 0 && j.object.refs == 0 {
			p.control.wake()
		}
	}
	close(j.done)
	j.client.leave()
	return true
}

// crashed slows the pool down when its workers die one after another.
func (p *Pool) crashed(failure error) {
	p.stats.Crashes++
	p.deaths++
	p.lastDeath = failure
	delay := time.Duration(0)
	if p.deaths > 1 {
		delay = min(backoffMin<<min(p.deaths-2, 16), backoffMax)
	}
	p.notBefore = time.Now().Add(delay)
	p.options.Log.Warn("a worker process has ended", "error", failure, "in a row", p.deaths)
}

const (
	backoffMin = 20 * time.Millisecond
	backoffMax = 5 * time.Second
	// loop is from how many deaths in a row, with no call answered between, a pool is not ready.
	loop = 5
)

// Ready returns nil, or why the pool cannot serve now.
func (p *Pool) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.stopping:
		return ErrClosed
	case p.bootErr != nil:
		return p.bootErr
	case p.deaths >= loop:
		return errors.Join(ErrCrashLoop, p.lastDeath)
	}
	return nil
}
