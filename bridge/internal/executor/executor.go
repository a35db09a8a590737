package executor

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Engine does the work. Call is only ever called on the locked thread, one call at a time. It fills reply, which is
// empty, with memory of its own that it never touches again, and may read frame until it returns.
type Engine interface {
	Call(frame []byte, reply *wire.Reply) error
}

// Starter makes the engine, on the locked thread.
type Starter func() (Engine, error)

// Executor runs jobs on its one locked thread. All methods may be called from any goroutine.
type Executor struct {
	options Options
	queue   queue
	spin    *spinner
	stats   counters
	epoch   time.Time // times are durations since then

	asleep atomic.Bool   // the thread waits at the doorbell, and nobody has rung yet
	ended  chan struct{} // closed when the thread runs no more jobs
	jobs   sync.Pool     // Do's
}

// Start locks a thread, runs starter on it and returns the executor when that succeeded; otherwise starter's error, or
// *PanicError. ctx bounds the wait only: when it ends first, Start returns its error while starter continues, and the
// thread ends (or parks, with Options.KeepThread) as soon as starter returns.
func Start(ctx context.Context, starter Starter, options Options) (*Executor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Executor{options: options, spin: newSpinner(options.Spin), epoch: time.Now(), ended: make(chan struct{})}
	e.spin.freesP = options.freesP
	e.queue.limit = options.Queue
	started := make(chan error, 1)
	go e.thread(starter, started)
	select {
	case err := <-started:
		if err != nil {
			return nil, err
		}
		return e, nil
	case <-ctx.Done():
		e.shut() // also when it started this very moment: the engine is nobody's
		return nil, ctx.Err()
	}
}

func (e *Executor) submit(ctx context.Context, c *Client, given job.Job) (*Job, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	j := &Job{executor: e, frame: given.Frame, class: e.options.Class(given.Frame), accept: given.Accept}
	j.client.Store(c)
	if ctx.Done() != nil {
		j.ctx = ctx
		j.stop = context.AfterFunc(ctx, j.expired) // before the job can be seen by the thread, which reads stop
	}
	if _, err := e.enqueue(ctx, j, given.Full); err != nil {
		if j.stop != nil {
			j.stop()
		}
		return nil, err
	}
	return j, nil
}

func (e *Executor) do(ctx context.Context, c *Client, given job.Job) (wire.Reply, error) {
	if err := ctx.Err(); err != nil {
		return wire.Reply{}, err
	}
	e.spin.waiting.Add(1)
	defer e.spin.waiting.Add(-1)
	j := e.reused(given.Frame)
	j.accept = given.Accept
	j.client.Store(c)
	rang, err := e.enqueue(ctx, j, given.Full)
	if err != nil {
		e.recycle(j)
		return wire.Reply{}, err
	}
	if !e.spin.await(j, rang) && j.watch() {
		select {
		case <-j.sem:
		case <-ctx.Done():
			j.cancel(ctx.Err())
			<-j.sem // its outcome is there or about to be, and it was watched
		}
	}
	reply, err := j.reply, j.err
	if j.state.Load()&abandoned == 0 { // else the thread still holds it
		e.recycle(j)
	}
	return reply, err
}

func (e *Executor) enqueue(ctx context.Context, j *Job, full job.Full) (rang bool, err error) {
	j.queuedAt = time.Since(e.epoch)
	ahead, err := e.queue.push(ctx, j, full.Waits(e.options.WaitWhenFull))
	switch {
	case err == nil:
		e.spin.submitted(ahead)
		return e.ring(), nil
	case errors.Is(err, job.ErrOverloaded):
		e.stats.overloaded.Add(1)
	case errors.Is(err, errGone):
		return false, ctx.Err()
	}
	return false, err
}

// Admit returns job.ErrOverloaded if a submission made now would get it, and counts that as one that did. It takes no lock.
func (e *Executor) Admit() error {
	if e.options.WaitWhenFull || !e.queue.full() {
		return nil
	}
	e.stats.overloaded.Add(1)
	return job.ErrOverloaded
}

// ring wakes the thread if it sleeps. A busy thread is left alone: it looks at the queue before it sleeps.
func (e *Executor) ring() bool {
	if e.asleep.Load() && e.asleep.CompareAndSwap(true, false) {
		e.options.Doorbell.Ring()
		return true
	}
	return false
}

func (e *Executor) reused(frame []byte) *Job {
	j, ok := e.jobs.Get().(*Job)
	if !ok {
		j = &Job{executor: e, sem: make(chan struct{}, 1)}
	}
	j.frame, j.class = frame, e.options.Class(frame)
	return j
}

func (e *Executor) recycle(j *Job) {
	j.state.Store(queued)
	j.admitted = false
	j.client.Store(nil)
	j.frame, j.accept, j.reply, j.err = nil, nil, wire.Reply{}, nil
	e.jobs.Put(j)
}
