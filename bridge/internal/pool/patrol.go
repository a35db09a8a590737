package pool

import (
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// gait is how often the patrol looks.
type gait uint8

const (
	resting   gait = iota // until somebody has something to do
	strolling             // for the time limit
	hurrying              // somebody waits behind a job, or has left one
)

const (
	hurry  = 5 * time.Millisecond
	stroll = 100 * time.Millisecond
	// lull is how often it looks in vain before it rests.
	lull = 10
	// stall is how long a worker with nothing but jobs that nobody wants may take to begin: it may have to wait for a
	// processor.
	stall = time.Second
)

func (o *Options) interval(g gait) time.Duration {
	if g == hurrying {
		return hurry
	}
	if o.TimeLimit > 0 {
		return min(stroll, max(hurry, o.TimeLimit/8))
	}
	return stroll
}

// watch is what the patrol has seen of a worker.
type watch struct {
	running uint64
	serial  uint64 // of the oldest job without an answer
	since   time.Time
}

// patrol keeps the limits of time, and sees to it that nobody waits behind a job that takes long. It is one goroutine
// for all workers: a timer for each job would cost each job.
func (p *Pool) patrol() {
	idle := time.Hour
	t := time.NewTimer(idle)
	defer t.Stop()
	for vain := 0; ; {
		select {
		case <-p.stop:
			return
		case <-p.called:
		case <-t.C:
		}
		p.mu.Lock()
		p.gait = p.look()
		switch {
		case p.gait != resting:
			vain = 0
		case vain < lull:
			vain++
			p.gait = strolling
		}
		next := idle
		if p.gait != resting {
			next = p.options.interval(p.gait)
		}
		p.unlock()
		t.Reset(next)
	}
}

// call has the patrol look at least that often. The lock is held.
func (p *Pool) call(at gait) {
	if p.gait >= at {
		return
	}
	p.gait = at
	select {
	case p.called <- struct{}{}:
	default:
	}
}

// look looks at each worker once, and says how soon to do that again. The lock is held.
func (p *Pool) look() (next gait) {
	now := p.options.clock.Now()
	for w := range p.crew() {
		p.distrust(w)
		if len(w.Pipe) == 0 {
			continue
		}
		next = max(next, strolling)
		if j := w.check(now); len(w.Pipe) > 1 || j == nil || j.state == settled {
			next = hurrying
		}
	}
	return next
}

// check looks at one worker, and returns the job that it is at, nil if that is nobody's any more.
func (w *worker) check(now time.Time) *Job {
	p := w.pool
	at := w.inside()
	j := jobOf(&w.Pipe[at])
	seen := watch{w.board.running(), w.Pipe[0].Serial, w.watch.since}
	if seen != w.watch {
		seen.since = now
		w.watch = seen
		w.SetSlow(false)
		return j
	}
	took := now.Sub(w.watch.since)
	switch limit, grace := p.options.TimeLimit, p.options.Grace; {
	case limit > 0 && took >= limit:
		if j != nil {
			p.settle(j, wire.Reply{}, &WorkerError{Kind: ErrTimeLimit, PID: w.pid, Exit: -1})
		}
		w.end(w.Pipe[at].Serial)
	case j == nil || j.state == settled:
		if seen.running != w.Pipe[at].Serial {
			grace = max(grace, stall) // it has not begun, and will leave it out
		}
		if took >= grace && (j == nil || now.Sub(j.leftAt) >= grace) {
			w.end(w.Pipe[at].Serial)
		}
	}
	if !w.Slow() && took >= hurry {
		w.SetSlow(true)
		p.relieve(w, at)
	}
	return j
}

// relieve takes from a worker that is long at one job what it has finished before, and what it was to do after, if
// there is another one to do it.
func (p *Pool) relieve(w *worker, at int) {
	if tray := w.board.tray(); w.watch.running != 0 && w.board.running() == w.watch.running {
		p.salvage(w, tray)
	}
	if len(p.sched.Workers()) == 1 || !w.Takes() {
		return
	}
	for i := at + 1; i < len(w.Pipe); i++ {
		s := &w.Pipe[i]
		if j := jobOf(s); j != nil && j.state != settled {
			w.board.unwanted(s.Serial)
			s.Job = nil
			p.requeue(j)
		}
	}
	p.schedule()
}

// salvage takes the answers that were on a worker's tray. The lock is held.
func (p *Pool) salvage(w *worker, tray []byte) {
	for _, o := range parseTray(tray) {
		for i := range w.Pipe {
			if s := &w.Pipe[i]; s.Serial == o.serial && s.Job != nil {
				p.settle(jobOf(s), o.reply, o.err)
				s.Job = nil
			}
		}
	}
}
