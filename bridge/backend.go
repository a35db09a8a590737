package bridge

import (
	"context"
	"log/slog"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
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

// client is one user of a backend: an *executor.Client or a *pool.Client.
type client interface {
	Do(ctx context.Context, j job.Job) (wire.Reply, error)
	Submit(ctx context.Context, j job.Job) (job.Pending, error)
	Close(ctx context.Context) error
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
