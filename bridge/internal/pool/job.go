package pool

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

type state uint8

const (
	queued   state = iota
	assigned       // to a worker, or to the control loop
	resolved
)

// Job is one submitted frame. All methods may be called from any goroutine, any number of times.
type Job struct {
	pool   *Pool
	client *Client
	frame  []byte
	accept job.Accept      // of a load: its handle may be nobody's by then
	ctx    context.Context //nolint:containedctx // the submission's, whose end is the job's
	stop   func() bool     // ends the watch over ctx
	done   chan struct{}

	// The rest is guarded by the pool's lock; reply and err may be read once done is closed.
	state       state
	holdsPlace  bool    // it has one of the pool's places
	object      *object // nil: the job is about none
	entry       sched.Job
	queuedAt    time.Time
	cancelledAt time.Time // when its caller stopped waiting
	requeues    int       // how often it was queued again because its worker ended before it began
	worker      *worker   // that it was given to
	kill        func()    // ends what runs it instead, where that is no worker
	next        *Job      // in the pool's list of those whose callers are to be notified

	reply wire.Reply
	err   error
}

func newJob(ctx context.Context, p *Pool, c *Client, given job.Job) *Job {
	frame := given.Frame
	j := &Job{
		pool: p, client: c, frame: frame, accept: given.Accept, ctx: ctx, done: make(chan struct{}), queuedAt: time.Now(), holdsPlace: true,
	}
	cost := costOf(frame)
	j.entry = sched.Job{
		Value: j, Cost: cost, Key: sched.Turn(j.queuedAt.Sub(epoch), cost), Short: isShort(frame, cost), Large: len(frame) > largeJob,
	}
	return j
}

// jobOf is the job of an in-flight entry, nil when nobody waits for its answer any more.
func jobOf(s *sched.InFlight) *Job {
	if s.Job == nil {
		return nil
	}
	return s.Job.Value.(*Job) //nolint:forcetypeassert // nothing else is put there
}

// Done returns a channel that is closed when the job has its outcome.
func (j *Job) Done() <-chan struct{} { return j.done }

// Wait waits for the outcome, and returns nil when it is there, otherwise ctx's error. ctx's end does not cancel the job.
func (j *Job) Wait(ctx context.Context) error {
	select {
	case <-j.done:
		return nil
	default:
	}
	select {
	case <-j.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reply returns the reply, or the job's error: *WorkerError, the submission's context's, or ErrClosed. Before Done it
// returns job.ErrPending.
func (j *Job) Reply() (wire.Reply, error) {
	select {
	case <-j.done:
		return j.reply, j.err
	default:
		return wire.Reply{}, job.ErrPending
	}
}

func (j *Job) op() wire.Op    { return wire.OpOf(j.frame) }
func (j *Job) handle() uint32 { return binary.LittleEndian.Uint32(j.frame[4:]) }

// costPerByte is what a byte is taken to cost. It need not be exact: it says how long a large job lets later, smaller ones
// pass, which is as long as it would keep them waiting.
const costPerByte = 100 * time.Nanosecond

// costOf is how long a frame may take.
func costOf(frame []byte) time.Duration {
	n := len(frame)
	if wire.OpOf(frame).Of().Repeats {
		n *= max(1, int(int32(binary.LittleEndian.Uint32(frame[12:]))))
	}
	return time.Duration(n) * costPerByte
}

// cancel is called when the job's context ends.
func (j *Job) cancel() {
	p := j.pool
	p.mu.Lock()
	defer p.unlock()
	was := j.state
	if !p.resolve(j, wire.Reply{}, j.ctx.Err()) {
		return
	}
	if was == assigned {
		if j.drop() {
			p.stats.Dropped++
		}
		if j.worker == nil {
			p.afterGrace(func() { j.kill() }) // what that is by then
		}
	}
}

// drop has a worker skip a job that was assigned to it, and reports whether the job has begun. Then the watchdog ends it.
// The lock is held.
func (j *Job) drop() (begun bool) {
	j.cancelledAt = j.pool.options.clock.Now()
	if j.worker == nil {
		return true
	}
	j.worker.drop(j)
	return j.worker.isRunning(j)
}

// killRunning kills what still runs the job, and reports whether something does. The lock is held.
func (j *Job) killRunning() (ran bool) {
	switch {
	case j.worker == nil:
		j.kill()
		return true
	case j.drop():
		j.worker.killForJob(j)
		return true
	}
	return false
}

// shortCost is up to what others may wait behind a job.
const shortCost = time.Millisecond

// isShort reports whether a job takes about as long as its size says, and that is not long: others may wait behind it.
func isShort(frame []byte, cost time.Duration) bool {
	return cost <= shortCost && wire.OpOf(frame).Of().Short
}
