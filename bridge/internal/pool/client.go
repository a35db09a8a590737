package pool

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Client is one user of a Pool that several share: an intake of its own, which can be closed while the others continue.
type Client struct {
	p      *Pool
	intake job.Intake
}

// NewClient returns a new user of the pool.
func (p *Pool) NewClient() *Client { return &Client{p: p} }

// Submit queues a job. Errors: ctx's when it ended before the job was queued, job.ErrOverloaded,
// ErrClosed. When ctx ends later, that is the job's outcome, at once.
//
// Its frame belongs to the pool until the job has an outcome that came from a worker, otherwise for ever.
func (c *Client) Submit(ctx context.Context, j job.Job) (job.Pending, error) {
	if err := c.intake.Enter(); err != nil {
		return nil, err
	}
	queued, err := c.p.submit(ctx, c, j, true)
	if err != nil {
		c.intake.Leave()
		return nil, err
	}
	return queued, nil
}

// Do is Submit, Wait and Reply in one.
func (c *Client) Do(ctx context.Context, given job.Job) (wire.Reply, error) {
	if err := c.intake.Enter(); err != nil {
		return wire.Reply{}, err
	}
	j, err := c.p.submit(ctx, c, given, false)
	if err != nil {
		c.intake.Leave()
		return wire.Reply{}, err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		j.cancel()
		<-j.done
	}
	return j.reply, j.err
}

// Close stops this client's intake and waits for its jobs. When ctx ends first, those that are left get ErrClosed, the
// workers that run some are killed, and Close returns an *job.CloseError.
func (c *Client) Close(ctx context.Context) error {
	idle := c.intake.Shut()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	c.p.mu.Lock()
	left, busy := c.p.cancelAll(c)
	c.p.unlock()
	if left == 0 && busy == 0 {
		return nil
	}
	return &job.CloseError{Running: busy, Left: left, Err: ctx.Err()}
}
