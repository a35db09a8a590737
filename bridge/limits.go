package bridge

import (
	"errors"
	"fmt"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// workerOptions are the options that only workers can keep. Zero means unset.
type workerOptions struct {
	n         int
	memory    uint64
	timeLimit time.Duration
	gather    time.Duration
}

var errNeedsWorkers = errors.New("bridge: WithTimeLimit, WithWorkerMemory and WithGather need WithWorkers: an interpreter in this process cannot be ended")

// WithWorkers runs Python in n worker processes instead of in this one: they run the
// environment's interpreter, never this program. Calls run in parallel, short ones do
// not wait for long ones, and a call whose context ends is really stopped. The price
// is that each call crosses a socket, see docs/BENCHMARKS.md; nothing else differs.
// One worker more than there are busy processors is enough.
//
// With two or more, one takes no requests above 256 KB.
func WithWorkers(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.New("bridge: WithWorkers: there must be at least one")
		}
		c.workers.n = n
		return nil
	}
}

// WithTimeLimit bounds the time that a call may run in a worker; the default is 5
// minutes. Time in the queue does not count. A call that takes longer fails with
// ErrTimeLimit, and its worker is replaced; that is noticed within 100 ms, or within
// an eighth of a shorter limit. Loads have a limit of their own, 10 minutes.
func WithTimeLimit(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return errors.New("bridge: WithTimeLimit: the limit must be above zero")
		}
		c.workers.timeLimit = d
		return nil
	}
}

// WithWorkerMemory bounds the address space of each worker, in bytes, beyond what it
// shares with the others. A call that exceeds it fails with a *PyError of MemoryError,
// or with ErrWorkerMemory where native code cannot go on.
func WithWorkerMemory(bytes uint64) Option {
	return func(c *config) error {
		if bytes < 1<<20 {
			return errors.New("bridge: WithWorkerMemory: less than a megabyte will not do")
		}
		c.workers.memory = bytes
		return nil
	}
}

// WithGather sets how long a short call may queue behind a busy worker, by the
// estimated time of the calls before it, before an idle one is woken. Where the
// processors have other work to do, as in a server, waking fewer workers makes for
// more calls a second. Without it an idle worker is woken at once.
func WithGather(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return errors.New("bridge: WithGather: the time must be above zero")
		}
		c.workers.gather = d
		return nil
	}
}

// WithMaxInput bounds the size of a request in bytes, as it is sent to Python. A larger
// one fails with ErrTooLarge and is not queued. The limit is this Runtime's alone.
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

// compatible reports whether a later Open asks for nothing that the first did not;
// options that were not set match any.
func (w workerOptions) compatible(later workerOptions) bool {
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
