package pool

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

type state uint8

const (
	queued state = iota
	running
	settled
)

// Job is one submitted frame. All methods may be called from any goroutine, any number of times.
type Job struct {
	pool   *Pool
	client *Client
	frame  []byte
	ctx    context.Context //nolint:containedctx // the submission's, for its cancellation
	stop   func() bool     // ends the watch over ctx
	done   chan struct{}

	// The rest is guarded by the pool's lock; reply and err may be read once done is closed.
	state    state
	object   *object // nil: the job is about none
	least    int     // seq of the oldest zygote whose workers may run it
	large    bool
	key      time.Duration // its turn: when it came, and how long it may be expected to take
	at       int           // its place in the heap
	queuedAt time.Time
	worker   *worker // that runs it
	serial   uint64  // its number there, which the answer repeats
	kill     func()  // ends what runs it instead, where that is no worker

	reply wire.Reply
	err   error
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

// expired is what context.AfterFunc calls.
func (j *Job) expired() {
	p := j.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	was := j.state
	if !p.settle(j, wire.Reply{}, j.ctx.Err()) {
		return
	}
	p.stats.Cancelled++
	if was == running {
		p.stats.Dropped++
		p.afterGrace(j.end)
	}
}

// end kills what still runs the job. The lock is held.
func (j *Job) end() {
	switch {
	case j.kill != nil:
		j.kill()
	case j.worker != nil && j.worker.job == j:
		j.pool.stats.Killed++
		j.worker.leaving = true
		j.worker.kill()
	}
}
