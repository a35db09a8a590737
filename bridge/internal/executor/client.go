package executor

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Client is one user of an Executor that several share: an intake of its own,
// which can be closed while the others go on.
type Client struct {
	e      *Executor
	intake Intake
}

// NewClient returns a new user of the executor.
func (e *Executor) NewClient() *Client { return &Client{e: e} }

// Do is Executor.Do; ErrClosed after Close began.
func (c *Client) Do(ctx context.Context, frame []byte, opts ...SubmitOption) (wire.Reply, error) {
	if err := c.intake.Enter(); err != nil {
		return wire.Reply{}, err
	}
	defer c.intake.Leave()
	return c.e.do(ctx, c, frame, opts)
}

// Submit is Executor.Submit; ErrClosed after Close began.
func (c *Client) Submit(ctx context.Context, frame []byte, opts ...SubmitOption) (*Job, error) {
	if err := c.intake.Enter(); err != nil {
		return nil, err
	}
	j, err := c.e.submit(ctx, c, frame, opts)
	if err != nil {
		c.intake.Leave()
	}
	return j, err
}

// Close stops this client's intake and waits for its jobs. When ctx ends first,
// those of them that are left get ErrClosed, the running one included, and Close
// returns a *CloseError. It needs nothing from the engine. Closing again is
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
	return &CloseError{Running: running, Left: left, Err: ctx.Err()}
}
