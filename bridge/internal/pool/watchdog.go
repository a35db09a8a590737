package pool

import (
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// pollRate is how often the watchdog polls the workers.
type pollRate uint8

const (
	pollNever pollRate = iota // until a job is assigned
	pollIdle                  // for the time limit
	pollBusy                  // somebody waits behind a job, or a job was dropped
)

const (
	busyInterval = 5 * time.Millisecond
	idleInterval = 100 * time.Millisecond
	// idlePolls is how many polls find nothing before it stops.
	idlePolls = 10
	// startGrace is how long a worker with nothing but jobs that nobody wants may take to begin: it may have to wait for a
	// processor.
	startGrace = time.Second
)

func (o *Options) interval(g pollRate) time.Duration {
	if g == pollBusy {
		return busyInterval
	}
	if o.TimeLimit > 0 {
		return min(idleInterval, max(busyInterval, o.TimeLimit/8))
	}
	return idleInterval
}

// progress is what the watchdog has seen of a worker.
type progress struct {
	running uint64
	serial  uint64 // of the oldest job without an answer
	since   time.Time
}

// watchdog enforces the time limits, and moves jobs away from behind one that takes long. It is one goroutine
// for all workers: a timer for each job would cost each job.
func (p *Pool) watchdog() {
	idle := time.Hour
	t := time.NewTimer(idle)
	defer t.Stop()
	for empty := 0; ; {
		select {
		case <-p.stop:
			return
		case <-p.pollSooner:
		case <-t.C:
		}
		p.mu.Lock()
		p.pollRate = p.poll()
		switch {
		case p.pollRate != pollNever:
			empty = 0
		case empty < idlePolls:
			empty++
			p.pollRate = pollIdle
		}
		next := idle
		if p.pollRate != pollNever {
			next = p.options.interval(p.pollRate)
		}
		p.unlock()
		t.Reset(next)
	}
}

// pollAtLeast has the watchdog poll at least that often. The lock is held.
func (p *Pool) pollAtLeast(at pollRate) {
	if p.pollRate >= at {
		return
	}
	p.pollRate = at
	select {
	case p.pollSooner <- struct{}{}:
	default:
	}
}

// poll checks each worker once, and returns how soon to do that again. The lock is held.
func (p *Pool) poll() (next pollRate) {
	now := p.options.clock.Now()
	for w := range p.liveWorkers() {
		p.disableShortcuts(w)
		if len(w.Pipe) == 0 {
			continue
		}
		next = max(next, pollIdle)
		if j := w.check(now); len(w.Pipe) > 1 || j == nil || j.state == resolved {
			next = pollBusy
		}
	}
	return next
}

// check enforces the limits of one worker, and returns the job that it runs, nil if nobody waits for that any more.
func (w *worker) check(now time.Time) *Job {
	p := w.pool
	at := w.currentIndex()
	j := jobOf(&w.Pipe[at])
	current := progress{w.segment.running(), w.Pipe[0].Serial, w.progress.since}
	if current != w.progress {
		current.since = now
		w.progress = current
		w.SetSlow(false)
		return j
	}
	took := now.Sub(w.progress.since)
	switch limit, grace := p.options.TimeLimit, p.options.Grace; {
	case limit > 0 && took >= limit:
		if j != nil {
			p.resolve(j, wire.Reply{}, &WorkerError{Kind: ErrTimeLimit, PID: w.pid, Exit: -1})
		}
		w.killFor(w.Pipe[at].Serial)
	case j == nil || j.state == resolved:
		if current.running != w.Pipe[at].Serial {
			grace = max(grace, startGrace) // it has not begun, and will leave it out
		}
		if took >= grace && (j == nil || now.Sub(j.cancelledAt) >= grace) {
			w.killFor(w.Pipe[at].Serial)
		}
	}
	if took >= busyInterval {
		if !w.Slow() {
			w.SetSlow(true)
			if replies := w.segment.replies(); current.running != 0 && w.segment.running() == current.running {
				p.recoverReplies(w, replies)
			}
		}
		p.stealQueued(w, at) // each time: there may be another worker only by now
	}
	return j
}

// stealQueued takes from a worker that is slow at one job those behind it, if there is another worker to run them.
func (p *Pool) stealQueued(w *worker, at int) {
	if len(p.sched.Workers()) == 1 || !w.Accepting() {
		return
	}
	stolen := false
	for i := at + 1; i < len(w.Pipe); i++ {
		s := &w.Pipe[i]
		if j := jobOf(s); j != nil && j.state != resolved {
			w.segment.unwanted(s.Serial)
			s.Job = nil
			p.requeue(j)
			stolen = true
		}
	}
	if stolen {
		p.schedule()
	}
}

// recoverReplies takes the replies that a worker had ready. The lock is held.
func (p *Pool) recoverReplies(w *worker, replies []byte) {
	for _, o := range parseReplies(replies) {
		for i := range w.Pipe {
			if s := &w.Pipe[i]; s.Serial == o.serial && s.Job != nil {
				p.resolve(jobOf(s), o.reply, o.err)
				s.Job = nil
			}
		}
	}
}
