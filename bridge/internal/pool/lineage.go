package pool

import (
	"fmt"
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
	p.bootErr = err
	if err != nil {
		return nil, err
	}
	if p.info == nil {
		p.info = info
	}
	p.boots = 0
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
	for _, x := range p.handles {
		if !slices.Contains(wanted, x) {
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
		a, err := z.call('l', x.frame, p.limit())
		id := a.id
		if err == nil && id != 0 {
			var mark uint64
			if mark, a, err = z.mark(id, x.mark); mark != x.mark {
				id = 0
			}
		}
		switch {
		case err != nil:
			z.bury()
			return err
		case id == 0:
			p.lose(x, &a.reply)
		default:
			z.known = z.known.with(x, id)
			p.mu.Lock()
			x.lost = nil
			p.mu.Unlock()
		}
	}
	return nil
}

// lose answers all jobs on an object that cannot be loaded any more with what the load says.
func (p *Pool) lose(x *object, reply *wire.Reply) {
	p.mu.Lock()
	defer p.unlock()
	x.lost = reply
	for _, j := range slices.Clone(p.queue) {
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
