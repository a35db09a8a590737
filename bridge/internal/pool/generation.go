package pool

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// ensure returns the zygote; when there is none it makes one, with everything that had been loaded.
func (p *Pool) ensure() (*zygote, error) {
	p.zygoteMu.Lock()
	defer p.zygoteMu.Unlock()
	return p.ensureLocked()
}

// ensureLocked is ensure with zygoteMu held.
func (p *Pool) ensureLocked() (*zygote, error) {
	p.mu.Lock()
	z, stopping := p.zygote, p.stopping
	p.mu.Unlock()
	if stopping {
		return nil, ErrClosed
	}
	if z != nil && !z.gone() {
		return z, nil
	}
	z, info, err := boot(&p.options, func(proc *process) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.booting = proc; p.stopping {
			proc.kill()
		}
	})
	if err == nil {
		err = p.warmUp(z)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.booting = nil
	if p.stopping && err != nil {
		err = ErrClosed
	}
	if err != nil {
		return nil, err
	}
	if p.info == nil {
		p.info = info
	}
	p.generation++
	z.generation = p.generation
	p.stats.Boots++
	p.setZygote(z)
	return z, nil
}

// warmUp repeats settings and loads in a new first process.
func (p *Pool) warmUp(z *zygote) error {
	p.mu.Lock()
	settings := slices.Clone(p.settings)
	var wanted []*object
	for _, handle := range slices.Sorted(maps.Keys(p.handles)) {
		if x := p.handles[handle]; !slices.Contains(wanted, x) {
			wanted = append(wanted, x)
		}
	}
	p.mu.Unlock()
	for _, frame := range settings {
		a, err := z.runFrame('l', frame, p.limit())
		if err == nil && a.reply.Status != wire.StatusOK {
			err = fmt.Errorf("pool: a setting is refused: %s", a.reply.Body)
		}
		if err != nil {
			z.stop()
			return err
		}
	}
	for _, x := range wanted {
		if err := p.restore(z, x); err != nil {
			z.stop()
			return err
		}
	}
	return nil
}

// restore loads an object in a new first process, if it is to be had as it was.
func (p *Pool) restore(z *zygote, x *object) error {
	a, err := z.runFrame('l', x.frame, p.limit())
	if err != nil {
		return err
	}
	if a.id == 0 {
		p.markLost(x, &a.reply)
		return nil
	}
	mark, why, err := z.fingerprint(a.id, x.fingerprint)
	if err != nil {
		return err
	}
	if mark != x.fingerprint {
		p.markLost(x, &why.reply)
		if z.loaded.byID(a.id) == nil { // nor is it one that somebody else has
			_, err = z.runFrame('l', wire.Frame(wire.Header{Op: wire.OpUnload, Handle: a.id, Arg: wire.NoArg}, ""), commandLimit)
		}
		return err
	}
	z.loaded = z.loaded.with(x, a.id)
	p.mu.Lock()
	defer p.mu.Unlock()
	x.lost = nil
	return nil
}

// markLost answers all jobs on an object that cannot be loaded any more with what the load says.
func (p *Pool) markLost(x *object, reply *wire.Reply) {
	p.mu.Lock()
	defer p.unlock()
	x.lost = reply
	for _, j := range p.queuedJobs() {
		if j.object == x {
			p.resolve(j, *reply, nil)
		}
	}
}

func (p *Pool) limit() time.Duration { return max(p.options.LoadLimit, 0) }

// promote makes a fork that has made its change the zygote.
func (p *Pool) promote(z *zygote, change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.generation++
	z.generation = p.generation
	change()
	p.setZygote(z)
	p.workersWanted = true
}
