package pool

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool/sched"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

type state uint8

const (
	queued state = iota
	given        // to a worker, or to the registrar
	settled
)

// Job is one submitted frame. All methods may be called from any goroutine, any number of times.
type Job struct {
	pool   *Pool
	client *Client
	frame  []byte
	accept executor.Accept // of a load: its handle may be nobody's by then
	ctx    context.Context //nolint:containedctx // the submission's, whose end is the job's
	stop   func() bool     // ends the watch over ctx
	done   chan struct{}

	// The rest is guarded by the pool's lock; reply and err may be read once done is closed.
	state    state
	placed   bool    // it has one of the pool's places
	object   *object // nil: the job is about none
	entry    sched.Job
	queuedAt time.Time
	leftAt   time.Time // when its caller left it
	spared   int       // how many workers have ended that were to begin it
	worker   *worker   // that it was given to
	kill     func()    // ends what runs it instead, where that is no worker
	next     *Job      // in the pool's list of those whose callers are to be told

	reply wire.Reply
	err   error
}

func newJob(ctx context.Context, p *Pool, c *Client, frame []byte, accept executor.Accept) *Job {
	j := &Job{
		pool: p, client: c, frame: frame, accept: accept, ctx: ctx, done: make(chan struct{}), queuedAt: time.Now(), placed: true,
	}
	cost := costOf(frame)
	j.entry = sched.Job{
		Of: j, Cost: cost, Key: sched.Turn(j.queuedAt.Sub(epoch), cost), Short: short(frame, cost), Large: len(frame) > largeJob,
	}
	return j
}

// jobOf is the job in a slot of a pipe, nil when its answer is nobody\'s any more.
func jobOf(s *sched.Slot) *Job {
	if s.Job == nil {
		return nil
	}
	return s.Job.Of.(*Job) //nolint:forcetypeassert // nothing else is put there
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
// returns executor.ErrPending.
func (j *Job) Reply() (wire.Reply, error) {
	select {
	case <-j.done:
		return j.reply, j.err
	default:
		return wire.Reply{}, executor.ErrPending
	}
}

func (j *Job) op() wire.Op    { return wire.OpOf(j.frame) }
func (j *Job) handle() uint32 { return binary.LittleEndian.Uint32(j.frame[4:]) }

// pace is what a byte is taken to cost. It needs not be right: it says how long a large job lets later, smaller ones
// pass, which is as long as it would keep them waiting.
const pace = 100 * time.Nanosecond

// costOf is how long a frame may take.
func costOf(frame []byte) time.Duration {
	n := len(frame)
	switch wire.OpOf(frame) {
	case wire.OpReferenceChat, wire.OpReferenceCore, wire.OpReferenceAsync:
		n *= max(1, int(int32(binary.LittleEndian.Uint32(frame[12:]))))
	}
	return time.Duration(n) * pace
}

// giveUp is the end of the job's context.
func (j *Job) giveUp() {
	p := j.pool
	p.mu.Lock()
	defer p.unlock()
	was := j.state
	if !p.settle(j, wire.Reply{}, j.ctx.Err()) {
		return
	}
	if was == given {
		if j.abandon() {
			p.stats.Dropped++
		}
		if j.worker == nil {
			p.afterGrace(func() { j.kill() }) // what that is by then
		}
	}
}

// abandon leaves out what has not begun of a job that was given away, and reports whether it has begun. Then the patrol
// sees to it. The lock is held.
func (j *Job) abandon() (begun bool) {
	j.leftAt = j.pool.options.clock.Now()
	if j.worker == nil {
		return true
	}
	j.worker.abandon(j)
	return j.worker.runs(j)
}

// end kills what still runs the job, and reports whether something does. The lock is held.
func (j *Job) end() (ran bool) {
	switch {
	case j.worker == nil:
		j.kill()
		return true
	case j.abandon():
		j.worker.endFor(j)
		return true
	}
	return false
}

// shortCost is up to what others may wait behind a job.
const shortCost = time.Millisecond

// short reports whether a job takes about as long as its size says, and that is not long: others may wait behind it.
func short(frame []byte, cost time.Duration) bool {
	if cost > shortCost {
		return false
	}
	switch op := wire.OpOf(frame); op {
	case wire.OpEncodeChat, wire.OpEncodeText, wire.OpDecode, wire.OpEncodeInstruct, wire.OpEncodeFIM, wire.OpPieces,
		wire.OpApplyMistralChatTemplate, wire.OpServe:
		return true
	default:
		return op >= wire.OpTest
	}
}
