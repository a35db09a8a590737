package pool

import (
	"errors"
	"fmt"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// completeBatch completes the jobs that a worker has answered; false: that is not what it was asked.
func (p *Pool) completeBatch(w *worker, batch []outcome) bool {
	if len(batch) == 0 {
		return true
	}
	p.mu.Lock()
	defer p.unlock()
	if !w.ready {
		if batch[0].serial != 0 {
			return false
		}
		w.ready, batch = true, batch[1:]
		p.workerReady(w)
		if len(batch) == 0 {
			return true
		}
	}
	now := time.Now()
	took := now.Sub(w.startedAt) / time.Duration(len(batch))
	for i := range batch {
		o := &batch[i]
		if len(w.Pipe) == 0 || w.Pipe[0].Serial != o.serial {
			return false
		}
		if j := jobOf(&w.Pipe[0]); o.skipped && j != nil && j.state != resolved {
			return false // it was not asked to
		}
		if j := w.popReply(took); j != nil {
			p.resolve(j, o.reply, o.err)
		}
	}
	p.sched.JobCompleted()
	w.startedAt = now
	switch {
	case len(w.Pipe) > 0:
		if j := jobOf(&w.Pipe[0]); j != nil && j.state != resolved {
			p.reachedHead(j, now)
		}
	case !w.Accepting():
		p.stopWorker(w)
		return true
	}
	p.schedule()
	if p.zygote != w.zygote {
		p.wakeSupervisor()
	}
	return true
}

// workerExited handles the end of a worker. Its goroutine stays until the process is reaped.
func (p *Pool) workerExited(w *worker, err error) {
	p.mu.Lock()
	was := w.State() // otherwise than Leaving it has ended by itself
	p.sched.Retire(&w.Worker)
	p.mu.Unlock()

	w.kill()
	status := w.reap()

	p.mu.Lock()
	defer p.unlock()
	failure := w.errorOf(err, status)
	begun := true                        // the job that it was at
	if !errors.Is(failure, ErrGarbage) { // else nothing of it is believed
		p.recoverReplies(w, w.segment.replies())
		begun = w.segment.running() != 0
	}
	at := w.currentIndex()
	for i, s := range p.sched.RemoveWorker(&w.Worker) {
		switch j := jobOf(&s); {
		case j == nil || j.state == resolved:
		case i == at && (w.killedFor == 0 || w.killedFor == s.Serial) && (begun || j.requeues == maxRequeues):
			p.resolve(j, wire.Reply{}, failure)
		case p.stopping:
			p.resolve(j, wire.Reply{}, ErrClosed)
		default:
			if i == at && was != sched.Starting {
				j.requeues++
			}
			p.requeue(j) // it had not begun, or nothing was wrong with it
		}
	}
	p.exitedCounters.add(w.segment.counters().cumulative())
	w.segment.close()
	w.segment = nil
	switch {
	case p.stopping:
	case was == sched.Starting:
		p.spawnFailed(fmt.Errorf("worker %d ended before it was ready: %s: %s", w.pid, failure.ending(), failure.Stderr))
	case was == sched.Serving:
		p.workerCrashed(failure)
		fallthrough
	default:
		p.sched.RetryNow()
		p.failHopeless()
	}
	p.releaseZygote(w.zygote)
	p.schedule() // a large one may have waited for this one's end
	p.wakeSupervisor()
}

// maxRequeues is how often a job that was next when its worker ended, and had not begun, is tried in another one. It is
// bounded: to receive the job may be what ends workers.
const maxRequeues = 3

// resolve gives a job its outcome, and counts that; false: it has one. Its caller is notified when the lock is released.
// The lock is held.
func (p *Pool) resolve(j *Job, reply wire.Reply, err error) bool {
	if j.state == resolved {
		return false
	}
	switch ended := j.ctx.Err(); {
	case err == nil:
		p.stats.Completed++
	case ended != nil: // that is its outcome, whatever has happened to its worker since
		err = ended
		p.stats.Cancelled++
	default:
		p.stats.Failed++
	}
	if j.state == queued {
		p.unqueue(j)
	}
	p.releasePlace(j)
	j.state, j.reply, j.err = resolved, reply, err
	if j.stop != nil {
		j.stop()
	}
	if j.object != nil {
		j.object.pending--
		if j.object.pending == 0 && j.object.refs == 0 {
			p.control.wake()
		}
	}
	j.next, p.toNotify = p.toNotify, j
	return true
}

// unlock releases the lock, and then does what must not keep others waiting: it sends jobs, and notifies callers.
func (p *Pool) unlock() {
	w, j := p.toSend, p.toNotify
	p.toSend, p.toNotify = nil, nil
	p.mu.Unlock()
	for w != nil {
		next := w.sendQueue.next
		w.sendQueue.next = nil
		w.send()
		w = next
	}
	for j != nil {
		next := j.next
		j.next = nil
		close(j.done)
		j.client.intake.Leave()
		j = next
	}
}
