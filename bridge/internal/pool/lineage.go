package pool

import (
	"errors"
	"fmt"
	"os"
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
	z, info, err := boot(&p.options)
	if err == nil {
		err = p.furnish(z)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
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
		switch {
		case err != nil:
			z.bury()
			return err
		case a.id == 0:
			p.lose(x, &a.reply)
		default:
			z.known = z.known.with(x, a.id)
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
		if j.object == x && p.settle(j, *reply, nil) {
			p.stats.Completed++
		}
	}
}

func (p *Pool) limit() time.Duration { return max(p.options.LoadLimit, 0) }

// succeed has a fork of the zygote run a frame. When that succeeds the fork is returned, to be the zygote. j is the job
// that it is for, nil if it is for none.
func (p *Pool) succeed(z *zygote, frame []byte, j *Job) (*zygote, answer, error) {
	proc, err := z.fork('s', frame, nil, &p.options)
	if err != nil {
		return nil, answer{}, err
	}
	if j != nil {
		p.mu.Lock()
		j.kill = proc.kill
		if j.state == settled { // nobody waits for it
			p.afterGrace(proc.kill)
		}
		p.mu.Unlock()
	}
	if limit := p.limit(); limit > 0 {
		_ = proc.conn.SetReadDeadline(time.Now().Add(limit))
	}
	data, err := readAnswer(proc.conn)
	var a answer
	if err == nil {
		a, err = parseAnswer(data)
	}
	if j != nil {
		p.mu.Lock()
		j.kill = func() {} // it is no longer the job's
		p.mu.Unlock()
	}
	if err != nil {
		proc.kill()
		return nil, a, p.failure(proc, err)
	}
	if a.reply.Status != wire.StatusOK {
		proc.kill() // it is leaving
		_ = proc.bury()
		return nil, a, nil
	}
	_ = proc.conn.SetReadDeadline(time.Time{})
	return newZygote(proc, z), a, nil
}

// failure buries a successor that failed and says how it ended.
func (p *Pool) failure(proc *process, err error) error {
	e := &WorkerError{Kind: ErrWorkerDied, PID: proc.pid}
	status := proc.bury()
	e.Stderr = proc.said.String()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		e.Kind = ErrTimeLimit
	case errors.Is(err, errTooLong), errors.Is(err, wire.ErrFrame):
		e.Kind = ErrGarbage
	}
	e.describe(status, false)
	return e
}

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
