package pool

import (
	"encoding/binary"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
)

// wakeSupervisor has the supervisor compare again.
func (p *Pool) wakeSupervisor() {
	select {
	case p.superviseNow <- struct{}{}:
	default:
	}
}

// supervise starts and stops workers until their number is the wanted one, all forked from the present zygote.
func (p *Pool) supervise() {
	for {
		wait := p.reconcile()
		if wait == 0 {
			continue
		}
		t := time.NewTimer(wait)
		select {
		case <-p.superviseNow:
		case <-t.C:
		case <-p.stop:
			t.Stop()
			return
		}
		t.Stop()
	}
}

const nothingToDo = time.Hour

// reconcile makes one step towards the wanted workers, and returns how long there is nothing more to do.
func (p *Pool) reconcile() time.Duration {
	p.mu.Lock()
	defer p.unlock()
	if p.stopping || !p.workersWanted {
		return nothingToDo
	}
	newest := -1
	if p.zygote != nil && !p.zygote.gone() {
		newest = p.zygote.generation
	}
	switch plan := p.sched.NextStep(time.Now(), newest); plan.Step {
	case sched.Boot:
		p.restartZygote()
	case sched.Spawn:
		p.spawn()
	case sched.Stop:
		p.stopWorker(plan.Worker.Value.(*worker)) //nolint:forcetypeassert // nothing else is put there
	case sched.Drain:
		p.sched.Retire(plan.Worker)
	default:
		return plan.Wait
	}
	return 0
}

// spawn forks one worker and adds it. The lock is held, but not while that goes on.
func (p *Pool) spawn() {
	z := p.zygote
	z.workers++
	p.mu.Unlock()
	w, err := p.forkWorker(z)
	p.mu.Lock()
	if err != nil {
		p.spawnFailed(err)
		p.releaseZygote(z)
		return
	}
	p.sched.AddWorker(&w.Worker)
	p.stats.Forks++
	p.wg.Add(1)
	go w.receive()
	if p.stopping {
		p.stopWorker(w)
		return
	}
	p.schedule()
}

// forkWorker forks one worker.
func (p *Pool) forkWorker(z *zygote) (*worker, error) {
	b, shared, err := newSegment()
	if err != nil {
		return nil, err
	}
	proc, err := z.fork('w', binary.LittleEndian.AppendUint64(nil, p.options.Memory), shared, &p.options)
	if err != nil {
		_ = shared.Close()
		b.close()
		return nil, err
	}
	raw, err := newRawConn(proc.conn)
	if err != nil {
		proc.kill()
		proc.reap()
		b.close()
		return nil, err
	}
	return p.newWorker(z, proc, b, raw), nil
}

// restartZygote makes a new first process. The lock is held, but not while that goes on.
func (p *Pool) restartZygote() {
	p.mu.Unlock()
	_, err := p.ensure()
	p.mu.Lock()
	if err != nil {
		p.spawnFailed(err)
	}
}

// releaseZygote stops a zygote that has no workers any more and was replaced. The lock is held.
func (p *Pool) releaseZygote(z *zygote) {
	z.workers--
	p.stopIfUnused(z)
}

func (p *Pool) stopIfUnused(z *zygote) {
	if z.retired && z.workers == 0 {
		p.wg.Go(z.stop)
	}
}

// setZygote makes z the zygote. The lock is held.
func (p *Pool) setZygote(z *zygote) {
	if old := p.zygote; old != nil {
		old.retired = true
		p.stopIfUnused(old)
	}
	p.zygote = z
	p.watches.Go(func() {
		<-z.exited // it is gone
		z.dead.Store(true)
		p.wakeSupervisor()
	})
	p.wakeSupervisor()
}
