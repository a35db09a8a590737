// Package job defines the jobs that Python runs: what a job needs, what it is while it is under way, and why it is refused.
// The executor and the pool run jobs; bridge makes them.
package job

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Job is one frame, and what is to happen around it.
type Job struct {
	Frame  []byte
	Accept Accept // nil: the reply goes to the waiter, or is dropped
	Full   Full
}

// Accept is called with the reply of a job that succeeded, by the executor or pool that ran it and before the job has its
// outcome, also when the outcome will be the error of a context that has ended. A reply without a taker must not be lost: a
// frame that Accept returns is run next, to undo the job, and its reply dropped.
type Accept func(reply *wire.Reply) (undo []byte)

// Full is what a job does when the queue is full.
type Full uint8

// The kinds of Full.
const (
	AsConfigured Full = iota
	Wait              // for a place, until the context ends
	Refuse            // with ErrOverloaded, at once
)

// Waits reports whether a job waits for a place, where byDefault is what jobs do that say nothing.
func (f Full) Waits(byDefault bool) bool { return f == Wait || f == AsConfigured && byDefault }

// Pending is a job under way. Its methods may be called from any goroutine, any number of times.
type Pending interface {
	// Done returns a channel that is closed when the job has its outcome.
	Done() <-chan struct{}
	// Wait waits for the outcome, and returns nil when it is there; otherwise ctx's error, which does not cancel the job.
	Wait(ctx context.Context) error
	// Reply returns the outcome; ErrPending before it is there.
	Reply() (wire.Reply, error)
}
