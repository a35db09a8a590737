package pool

import (
	"errors"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// attempt is a fork of the zygote that makes a change, from the fork to its answer. It is killed or it succeeds, never
// both: after its answer it may be the process that all others are forked from. Guarded by the pool's lock.
type attempt struct {
	proc *process
	over bool  // it has answered, or was killed
	why  error // it was killed: what that is for its job
}

// kill ends an attempt that is not over.
func (a *attempt) kill(why error) {
	if !a.over {
		a.over, a.why = true, why
		a.proc.kill()
		_ = a.proc.conn.SetReadDeadline(time.Now()) // somebody else may hold the other end
	}
}

// end is the end of an attempt by itself; otherwise why it was killed.
func (a *attempt) end() error {
	a.over = true
	return a.why
}

// errGivenUp is what becomes of a change when nobody waits for it any more. No caller sees it: its job has an outcome.
var errAbandoned = errors.New("pool: given up")

// tryChange has a fork of the zygote run a frame. When that succeeds the fork is returned, to be the zygote. j is the job
// that it is for, nil if it is for none.
func (p *Pool) tryChange(z *zygote, frame []byte, j *Job) (*zygote, answer, error) {
	if p.resolved(j) {
		return nil, answer{}, errAbandoned
	}
	proc, err := z.fork('s', frame, nil, &p.options)
	if err != nil {
		if !errors.Is(err, errZygote) {
			err = &NoWorkerError{Err: err, Attempts: 1}
		}
		return nil, answer{}, err
	}
	a, stop := p.beginAttempt(proc, j)
	defer stop()
	data, err := readAnswer(proc.conn)
	var result answer
	if err == nil {
		result, err = parseAnswer(data)
	}
	p.mu.Lock()
	p.attempt = nil
	if why := a.end(); why != nil {
		err = why
	}
	p.mu.Unlock()
	if err != nil {
		proc.kill()
		return nil, result, p.failure(proc, err)
	}
	if result.reply.Status != wire.StatusOK {
		proc.kill() // it is leaving
		_ = proc.reap()
		return nil, result, nil
	}
	return newZygote(proc, z), result, nil
}

// resolved reports whether a control job has its outcome before it is done.
func (p *Pool) resolved(j *Job) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return j != nil && j.state == resolved
}

// beginAttempt makes an attempt of a fork that was made for a job, and sets its limits.
func (p *Pool) beginAttempt(proc *process, j *Job) (a *attempt, stop func() bool) {
	a = &attempt{proc: proc}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempt = a
	if p.stopping {
		a.kill(errAbandoned)
	}
	if j != nil {
		j.kill = func() { a.kill(errAbandoned) }
		if j.state == resolved { // between the fork and here
			p.afterGrace(j.kill)
		}
	}
	limit := p.limit()
	if limit == 0 {
		return a, func() bool { return true }
	}
	return a, p.after(limit, func() { a.kill(ErrTimeLimit) })
}

// after has f called with the lock held when d has passed.
func (p *Pool) after(d time.Duration, f func()) (stop func() bool) {
	return p.options.clock.After(d, func() {
		p.mu.Lock()
		defer p.unlock()
		f()
	})
}

// failure reaps a fork that failed and says how it ended.
func (p *Pool) failure(proc *process, err error) error {
	e := &WorkerError{Kind: ErrWorkerDied, PID: proc.pid}
	status := proc.reap()
	e.Stderr = proc.stderrTail.String()
	switch {
	case errors.Is(err, ErrTimeLimit):
		e.Kind = ErrTimeLimit
	case errors.Is(err, errTooLong), errors.Is(err, wire.ErrFrame):
		e.Kind = ErrGarbage
	}
	e.describe(status, false)
	return e
}
