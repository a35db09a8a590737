package pool

import (
	"errors"
	"fmt"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// answered takes what a worker has answered; false: that is not what it was asked.
func (p *Pool) answered(w *worker, batch []outcome) bool {
	if len(batch) == 0 {
		return true
	}
	p.mu.Lock()
	defer p.unlock()
	if !w.greeted {
		if batch[0].serial != 0 {
			return false
		}
		w.greeted, batch = true, batch[1:]
		p.hired(w)
		if len(batch) == 0 {
			return true
		}
	}
	now := time.Now()
	took := now.Sub(w.began) / time.Duration(len(batch))
	for i := range batch {
		o := &batch[i]
		if len(w.Pipe) == 0 || w.Pipe[0].Serial != o.serial {
			return false
		}
		if j := jobOf(&w.Pipe[0]); o.skipped && j != nil && j.state != settled {
			return false // nobody has told it to
		}
		if j := w.finish(took); j != nil {
			p.settle(j, o.reply, o.err)
		}
	}
	p.sched.Answered()
	w.began = now
	switch {
	case len(w.Pipe) > 0:
		if j := jobOf(&w.Pipe[0]); j != nil && j.state != settled {
			p.inLine(j, now)
		}
	case !w.Takes():
		p.dismiss(w)
		return true
	}
	p.schedule()
	if p.zygote != w.zygote {
		p.poke()
	}
	return true
}

// died is the end of a worker. Its goroutine stays until the process is buried.
func (p *Pool) died(w *worker, err error) {
	p.mu.Lock()
	was := w.State() // otherwise than Leaving it has ended by itself
	p.sched.Retire(&w.Worker)
	p.mu.Unlock()

	w.kill()
	status := w.bury()

	p.mu.Lock()
	defer p.unlock()
	failure := w.errorOf(err, status)
	begun := true                        // the job that it was at
	if !errors.Is(failure, ErrGarbage) { // else nothing of it is believed
		p.salvage(w, w.board.tray())
		begun = w.board.running() != 0
	}
	at := w.inside()
	for i, s := range p.sched.Bury(&w.Worker) {
		switch j := jobOf(&s); {
		case j == nil || j.state == settled:
		case i == at && (w.ended == 0 || w.ended == s.Serial) && (begun || j.spared == spares):
			p.settle(j, wire.Reply{}, failure)
		case p.stopping:
			p.settle(j, wire.Reply{}, ErrClosed)
		default:
			if i == at && was != sched.Starting {
				j.spared++
			}
			p.requeue(j) // it had not begun, or nothing was wrong with it
		}
	}
	p.counted.add(w.board.counts().past())
	w.board.close()
	w.board = nil
	switch {
	case p.stopping:
	case was == sched.Starting:
		p.notHired(fmt.Errorf("worker %d ended before it was ready: %s: %s", w.pid, failure.ending(), failure.Stderr))
	case was == sched.Serving:
		p.crashed(failure)
		fallthrough
	default:
		p.sched.TryAnew()
		p.refuse()
	}
	p.release(w.zygote)
	p.schedule() // a large one may have waited for this one's end
	p.poke()
}

// spares is how often a job that comes next when its worker ends, and has not begun, is tried in another one. It is not
// for ever: to receive it may be what ends them.
const spares = 3

// settle gives a job its outcome, and counts that; false: it has one. Its caller is told when the lock is given back. The
// lock is held.
func (p *Pool) settle(j *Job, reply wire.Reply, err error) bool {
	if j.state == settled {
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
	p.free(j)
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
	j.next, p.toTell = p.toTell, j
	return true
}

// unlock gives the lock back, and then does what must not keep others waiting: it sends jobs, and tells callers.
func (p *Pool) unlock() {
	w, j := p.toSend, p.toTell
	p.toSend, p.toTell = nil, nil
	p.mu.Unlock()
	for w != nil {
		next := w.out.next
		w.out.next = nil
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
