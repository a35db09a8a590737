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
	p.lineage.Lock()
	defer p.lineage.Unlock()
	return p.ensured()
}

// ensured is ensure with the lineage held.
func (p *Pool) ensured() (*zygote, error) {
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
		if p.nascent = proc; p.stopping {
			proc.kill()
		}
	})
	if err == nil {
		err = p.furnish(z)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nascent = nil
	if p.stopping && err != nil {
		err = ErrClosed
	}
	if err != nil {
		return nil, err
	}
	if p.info == nil {
		p.info = info
	}
	p.seq++
	z.seq = p.seq
	p.stats.Boots++
	p.adopt(z)
	return z, nil
}

// furnish repeats settings and loads in a new first process.
func (p *Pool) furnish(z *zygote) error {
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
		a, err := z.call('l', frame, p.limit())
		if err == nil && a.reply.Status != wire.StatusOK {
			err = fmt.Errorf("pool: a setting is refused: %s", a.reply.Body)
		}
		if err != nil {
			z.bury()
			return err
		}
	}
	for _, x := range wanted {
		if err := p.restore(z, x); err != nil {
			z.bury()
			return err
		}
	}
	return nil
}

// restore loads an object in a new first process, if it is to be had as it was.
func (p *Pool) restore(z *zygote, x *object) error {
	a, err := z.call('l', x.frame, p.limit())
	if err != nil {
		return err
	}
	if a.id == 0 {
		p.lose(x, &a.reply)
		return nil
	}
	mark, why, err := z.mark(a.id, x.mark)
	if err != nil {
		return err
	}
	if mark != x.mark {
		p.lose(x, &why.reply)
		if z.known.by(a.id) == nil { // nor is it one that somebody else has
			_, err = z.call('l', wire.Frame(wire.Header{Op: wire.OpUnload, Handle: a.id, Arg: wire.NoArg}, ""), commandLimit)
		}
		return err
	}
	z.known = z.known.with(x, a.id)
	p.mu.Lock()
	defer p.mu.Unlock()
	x.lost = nil
	return nil
}

// lose answers all jobs on an object that cannot be loaded any more with what the load says.
func (p *Pool) lose(x *object, reply *wire.Reply) {
	p.mu.Lock()
	defer p.unlock()
	x.lost = reply
	for _, j := range p.waiting() {
		if j.object == x {
			p.settle(j, *reply, nil)
		}
	}
}

func (p *Pool) limit() time.Duration { return max(p.options.LoadLimit, 0) }

// inherit makes a successor the zygote.
func (p *Pool) inherit(z *zygote, change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq++
	z.seq = p.seq
	change()
	p.adopt(z)
	p.wanted = true
}
