package pool

import (
	"errors"
	"time"
)

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
	case p.hiring.hopeless() && !p.able():
		return p.hiring.failure()
	case p.deaths >= loop:
		return errors.Join(ErrCrashLoop, p.lastDeath)
	}
	return nil
}
