package pool

import (
	"errors"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
)

// crashed slows the pool down when its workers die one after another.
func (p *Pool) workerCrashed(failure error) {
	p.stats.Crashes++
	p.sched.WorkerCrashed(time.Now())
	p.lastDeath = failure
	p.options.Log.Warn("a worker process has ended", "error", failure, "in a row", p.sched.Crashes())
}

// Ready returns nil, or why the pool cannot serve now.
func (p *Pool) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.stopping:
		return ErrClosed
	case p.sched.Failing() && !p.canServe():
		return p.noWorker()
	case p.sched.Crashes() >= sched.CrashLoop:
		return errors.Join(ErrCrashLoop, p.lastDeath)
	}
	return nil
}
