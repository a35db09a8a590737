package executor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// A job's state: one phase, and flags beside it. The goroutine that moves it to settling (one winner) writes the
// outcome, and only then publishes it as settled.
const (
	queued uint32 = iota
	running
	settling
	settled

	phaseMask uint32 = 3

	watched   uint32 = 4 // somebody sleeps on done or sem: publishing must wake
	abandoned uint32 = 8 // given up while the engine runs it: the engine's result will be dropped
)

// Job is one submitted frame. All methods may be called from any goroutine, any number of times.
type Job struct {
	state atomic.Uint32

	class    uint8 // of its frame, see Options.Class
	executor *Executor
	client   atomic.Pointer[Client] // nil: the executor's own
	frame    []byte
	accept   job.Accept    // nil: the reply goes to the waiter, or is dropped
	queuedAt time.Duration // since the executor's epoch

	reply wire.Reply
	err   error

	prev, next *Job // the queue's, under its lock
	linked     bool
	admitted   bool // was linked once

	ctx  context.Context // the submit context, for its cancellation; nil for Do, whose waiter watches it
	stop func() bool     // ends the watch over ctx

	mu   sync.Mutex // one maker of done
	done chan struct{}

	sem chan struct{} // Do's jobs only, reused with them: gets one token when published while watched
}

// Done returns a channel that is closed when the job has its outcome.
func (j *Job) Done() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.done == nil {
		j.done = make(chan struct{})
		if !j.watch() {
			close(j.done)
		}
	}
	return j.done
}

// Wait waits for the outcome, polling first when that promises to pay, and returns nil when it is there; otherwise
// ctx's error. It says nothing of how the job went (see Reply), and ctx's end does not cancel the job.
func (j *Job) Wait(ctx context.Context) error {
	s := j.executor.spin
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	if s.await(j, false) {
		return nil
	}
	select {
	case <-j.Done():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reply returns the engine's reply, or the job's error: what the engine returned, *PanicError, the submit context's
// error, or job.ErrClosed. Before Done it returns job.ErrPending. The reply's memory is shared between calls.
func (j *Job) Reply() (wire.Reply, error) {
	if !j.settled() {
		return wire.Reply{}, job.ErrPending
	}
	return j.reply, j.err
}

func (j *Job) phase() uint32 { return j.state.Load() & phaseMask }
func (j *Job) settled() bool { return j.phase() == settled }

// start claims a queued job for the engine.
func (j *Job) start() bool { return j.move(queued, running, 0) }

// claim wins the right to write the outcome of a job in the given phase. The winner must publish.
func (j *Job) claim(from, flags uint32) bool { return j.move(from, settling, flags) }

func (j *Job) move(from, to, flags uint32) bool {
	for {
		s := j.state.Load()
		if s&phaseMask != from {
			return false
		}
		if j.state.CompareAndSwap(s, s&^phaseMask|to|flags) {
			return true
		}
	}
}

// watch asks for a wake-up; false: too late, the job is settled.
func (j *Job) watch() bool {
	for {
		s := j.state.Load()
		if s&phaseMask == settled {
			return false
		}
		if s&watched != 0 || j.state.CompareAndSwap(s, s|watched) {
			return true
		}
	}
}

// publish makes the outcome visible and reports whether somebody had to be woken. A job of Do that is not watched may
// be in other hands at once: it must not be touched afterwards.
func (j *Job) publish() (woke bool) {
	if c := j.client.Load(); j.sem == nil && c != nil {
		defer c.intake.Leave() // Do leaves by itself
	}
	if j.state.Or(settled)&watched == 0 {
		return false
	}
	if j.sem != nil {
		j.sem <- struct{}{}
	} else {
		close(j.done)
	}
	return true
}

// cancel gives the job up with err, unless it has an outcome already.
func (j *Job) cancel(err error) {
	if !j.claim(queued, 0) && !j.claim(running, abandoned) {
		return
	}
	if j.executor.queue.remove(j) {
		j.executor.stats.cancelled.Add(1)
	} else {
		j.client.Store(nil) // never queued: Client.Submit leaves for it
	}
	j.err = err
	j.publish()
}

// expired is what context.AfterFunc calls.
func (j *Job) expired() { j.cancel(j.ctx.Err()) }
