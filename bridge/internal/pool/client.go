package pool

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Client is one user of a Pool that several share: an intake of its own, which can be closed while the others go on.
type Client struct {
	p      *Pool
	intake executor.Intake
}

// NewClient returns a new user of the pool.
func (p *Pool) NewClient() *Client { return &Client{p: p} }

// Submit queues a job. Errors: ctx's when it ended before the job was queued, executor.ErrOverloaded,
// ErrClosed. When ctx ends later, that is the job's outcome, at once.
//
// frame belongs to the pool until the job has an outcome that came from a worker, otherwise for ever.
func (c *Client) Submit(ctx context.Context, frame []byte, opts ...executor.SubmitOption) (*Job, error) {
	if err := c.intake.Enter(); err != nil {
		return nil, err
	}
	j, err := c.p.submit(ctx, c, frame, opts, true)
	if err != nil {
		c.intake.Leave()
		return nil, err
	}
	return j, nil
}

// Do is Submit, Wait and Reply in one.
func (c *Client) Do(ctx context.Context, frame []byte, opts ...executor.SubmitOption) (wire.Reply, error) {
	if err := c.intake.Enter(); err != nil {
		return wire.Reply{}, err
	}
	j, err := c.p.submit(ctx, c, frame, opts, false)
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
// workers that run some are killed, and Close returns an *executor.CloseError.
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
	return &executor.CloseError{Running: busy, Left: left, Err: ctx.Err()}
}
