package pool

import (
	"encoding/binary"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
)

// poke has the keeper look.
func (p *Pool) poke() {
	select {
	case p.wakeup <- struct{}{}:
	default:
	}
}

// keep sees to it that there are as many workers as there should be, of the zygote that is.
func (p *Pool) keep() {
	for {
		wait := p.tend()
		if wait == 0 {
			continue
		}
		t := time.NewTimer(wait)
		select {
		case <-p.wakeup:
		case <-t.C:
		case <-p.stop:
			t.Stop()
			return
		}
		t.Stop()
	}
}

const nothingToDo = time.Hour

// tend makes one step, and says how long there is nothing more to do.
func (p *Pool) tend() time.Duration {
	p.mu.Lock()
	defer p.unlock()
	if p.stopping || !p.wanted {
		return nothingToDo
	}
	newest := -1
	if p.zygote != nil && !p.zygote.gone() {
		newest = p.zygote.seq
	}
	switch plan := p.sched.Staff(time.Now(), newest); plan.Step {
	case sched.Boot:
		p.reboot()
	case sched.Hire:
		p.hire()
	case sched.Dismiss:
		p.dismiss(plan.Worker.Of.(*worker)) //nolint:forcetypeassert // nothing else is put there
	case sched.Outgrow:
		p.sched.Retire(plan.Worker)
	default:
		return plan.Wait
	}
	return 0
}

// hire forks one worker. The lock is held, but not while that goes on.
func (p *Pool) hire() {
	z := p.zygote
	z.workers++
	p.mu.Unlock()
	w, err := p.birth(z)
	p.mu.Lock()
	if err != nil {
		p.notHired(err)
		p.release(z)
		return
	}
	p.sched.Hire(&w.Worker)
	p.stats.Forks++
	p.wg.Add(1)
	go w.receive()
	if p.stopping {
		p.dismiss(w)
		return
	}
	p.schedule()
}

// birth forks one worker.
func (p *Pool) birth(z *zygote) (*worker, error) {
	b, shared, err := newBoard()
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
		proc.bury()
		b.close()
		return nil, err
	}
	return p.newWorker(z, proc, b, raw), nil
}

// reboot makes a first process anew. The lock is held, but not while that goes on.
func (p *Pool) reboot() {
	p.mu.Unlock()
	_, err := p.ensure()
	p.mu.Lock()
	if err != nil {
		p.notHired(err)
	}
}

// release gives a zygote up that has no workers any more, and was replaced. The lock is held.
func (p *Pool) release(z *zygote) {
	z.workers--
	p.retire(z)
}

func (p *Pool) retire(z *zygote) {
	if z.retired && z.workers == 0 {
		p.wg.Go(z.bury)
	}
}

// adopt makes z the zygote. The lock is held.
func (p *Pool) adopt(z *zygote) {
	if old := p.zygote; old != nil {
		old.retired = true
		p.retire(old)
	}
	p.zygote = z
	p.watches.Go(func() {
		<-z.quiet // it is gone
		z.dead.Store(true)
		p.poke()
	})
	p.poke()
}
