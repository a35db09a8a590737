package bridge

import (
	"errors"
	"fmt"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// workerOptions are those that only workers can keep; what is 0 was not given.
type workerOptions struct {
	n         int
	memory    uint64
	timeLimit time.Duration
	gather    time.Duration
}

var errNeedsWorkers = errors.New("bridge: WithTimeLimit, WithWorkerMemory and WithGather need WithWorkers: an interpreter in this process cannot be ended")

// WithWorkers runs Python in n processes of their own instead of in this one: the
// environment's interpreter, never this program. Calls run beside each other, short
// ones are not kept waiting by long ones, and a call whose context ends is really
// ended. Nothing else differs but the cost: each call crosses a socket, see
// docs/BENCHMARKS.md. One worker more than there are busy processors is enough.
//
// With two or more, one is kept free of requests above 256 KB.
func WithWorkers(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.New("bridge: WithWorkers: there must be at least one")
		}
		c.workers.n = n
		return nil
	}
}

// WithTimeLimit bounds the time of one call in a worker, 5 minutes without it. The
// time that it waits does not count. One that takes longer fails with ErrTimeLimit,
// and its worker is replaced; it may take an eighth more, or a tenth of a second.
// Loads are no calls: they may take 10 minutes.
func WithTimeLimit(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return errors.New("bridge: WithTimeLimit: the limit must be above zero")
		}
		c.workers.timeLimit = d
		return nil
	}
}

// WithWorkerMemory bounds the address space that a worker may take, in bytes, beyond
// what it shares with the others. A call that runs into it fails with a *PyError of
// MemoryError, or with ErrWorkerMemory where native code cannot go on.
func WithWorkerMemory(bytes uint64) Option {
	return func(c *config) error {
		if bytes < 1<<20 {
			return errors.New("bridge: WithWorkerMemory: less than a megabyte will not do")
		}
		c.workers.memory = bytes
		return nil
	}
}

// WithGather has short calls, up to d of estimated work, lie behind each other in a worker
// that is busy with such calls before an idle worker is woken for them. Where the
// processors have other work to do, as in a server, that makes for more calls a second;
// a call may wait up to d for those before it. Without it an idle worker comes first.
func WithGather(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return errors.New("bridge: WithGather: the time must be above zero")
		}
		c.workers.gather = d
		return nil
	}
}

// WithMaxInput bounds a request in bytes, as it goes to Python. A larger one fails
// with ErrTooLarge before it is queued. It holds for this Runtime.
func WithMaxInput(bytes int) Option {
	return func(c *config) error {
		if bytes < 1 {
			return errors.New("bridge: WithMaxInput: the limit must be above zero")
		}
		c.maxInput = bytes
		return nil
	}
}

// fits reports why a frame may not be queued.
func (rt *Runtime) fits(frame []byte) error {
	if n := len(frame) - wire.RequestHeaderSize; rt.maxInput > 0 && n > rt.maxInput {
		return fmt.Errorf("%w: %d bytes, %d are allowed", ErrTooLarge, n, rt.maxInput)
	}
	return nil
}

func (w workerOptions) agrees(later workerOptions) bool {
	return (later.n == 0 || later.n == w.n) && (later.memory == 0 || later.memory == w.memory) &&
		(later.timeLimit == 0 || later.timeLimit == w.timeLimit) && (later.gather == 0 || later.gather == w.gather)
}

func (w workerOptions) String() string {
	limit := w.timeLimit
	if limit == 0 {
		limit = pool.DefaultTimeLimit
	}
	return fmt.Sprintf("%d workers, memory %d, time limit %v, gather %v", w.n, w.memory, limit, w.gather)
}
