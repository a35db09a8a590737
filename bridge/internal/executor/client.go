package executor

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Client is one user of an Executor that several share: an intake of its own,
// which can be closed while the others continue.
type Client struct {
	e      *Executor
	intake job.Intake
}

// NewClient returns a new user of the executor.
func (e *Executor) NewClient() *Client { return &Client{e: e} }

// Do runs a job, waits for its outcome and returns that: Submit, Wait and Reply in one, without garbage. The frame may
// be used again if the error is nil or came from the engine, not after ctx's error or job.ErrClosed.
func (c *Client) Do(ctx context.Context, j job.Job) (wire.Reply, error) {
	if err := c.intake.Enter(); err != nil {
		return wire.Reply{}, err
	}
	defer c.intake.Leave()
	return c.e.do(ctx, c, j)
}

// Submit queues a job. Errors: ctx's when it ended before the job was queued, job.ErrOverloaded, job.ErrClosed. When ctx
// ends later, the job's outcome is ctx's error: at once, and without running if it had not begun.
//
// The frame belongs to the executor until the job has an outcome that came from the engine. After any other outcome the
// engine may still be reading it: leave it to the garbage collector.
func (c *Client) Submit(ctx context.Context, j job.Job) (job.Pending, error) {
	if err := c.intake.Enter(); err != nil {
		return nil, err
	}
	queued, err := c.e.submit(ctx, c, j)
	if err != nil {
		c.intake.Leave()
		return nil, err
	}
	return queued, nil
}

// Close stops this client's intake and waits for its jobs. When ctx ends first,
// those of them that are left get job.ErrClosed, the running one included, and Close
// returns a *job.CloseError. It needs nothing from the engine. Closing again is
// harmless and waits anew.
func (c *Client) Close(ctx context.Context) error {
	idle := c.intake.Shut()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	left, running := c.e.giveUp(c)
	if left == 0 && running == 0 {
		return nil
	}
	return &job.CloseError{Running: running, Left: left, Err: ctx.Err()}
}
