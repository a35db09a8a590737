package bridge

import (
	"context"
	"log/slog"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// backend is where Python runs: in this process, or in workers. Runtimes share it.
type backend interface {
	newClient() client
	about() Info
	stats() Stats
	ready() error
	admit() error
	offline() bool
	// logSignals logs which of Go's signal handlers had to be restored since it was called last.
	logSignals(log *slog.Logger)
	// parallel is how many calls run at a time.
	parallel() int
	// release is called once by each Runtime that has closed.
	release(ctx context.Context) error
}

// client is one user of a backend, see executor.Client.
type client interface {
	Do(ctx context.Context, frame []byte, opts ...executor.SubmitOption) (wire.Reply, error)
	submit(ctx context.Context, frame []byte, opts ...executor.SubmitOption) (job, error)
	Close(ctx context.Context) error
}

// job is one frame under way, see executor.Job.
type job interface {
	async.Waiter
	Reply() (wire.Reply, error)
}

// attach gives the backend that the options ask for.
func attach(ctx context.Context, c *config) (backend, error) {
	if err := c.supported(); err != nil {
		return nil, err
	}
	if c.workers.n > 0 {
		return attachWorkers(ctx, c)
	}
	if c.workers != (workerOptions{}) {
		return nil, errNeedsWorkers
	}
	p, err := attachEmbedded(ctx, c)
	if err != nil {
		return nil, err
	}
	return p, nil
}
