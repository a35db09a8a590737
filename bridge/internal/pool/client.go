package pool

import (
	"context"
	"sync"

	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Client is one user of a Pool that several share: an intake of its own, which can be closed while the others go on.
type Client struct {
	p *Pool

	mu      sync.Mutex
	closing bool
	active  int           // submissions under way, and jobs without an outcome
	idle    chan struct{} // made by Close, closed when active is 0
}

// NewClient returns a new user of the pool.
func (p *Pool) NewClient() *Client { return &Client{p: p} }

// Submit queues a job. Errors: ctx's when it ended before the job was queued, executor.ErrOverloaded,
// ErrClosed. When ctx ends later, that is the job's outcome, at once.
//
// frame belongs to the pool until the job has an outcome that came from a worker, otherwise for ever.
func (c *Client) Submit(ctx context.Context, frame []byte, opts ...executor.SubmitOption) (*Job, error) {
	if !c.enter() {
		return nil, ErrClosed
	}
	j, err := c.p.submit(ctx, c, frame, opts)
	if err != nil {
		c.leave()
		return nil, err
	}
	return j, nil
}

// Do is Submit, Wait and Reply in one.
func (c *Client) Do(ctx context.Context, frame []byte, opts ...executor.SubmitOption) (wire.Reply, error) {
	j, err := c.Submit(ctx, frame, opts...)
	if err != nil {
		return wire.Reply{}, err
	}
	<-j.done // ctx's end is an outcome
	return j.reply, j.err
}

// Close stops this client's intake and waits for its jobs. When ctx ends first, those that are left get ErrClosed, the
// workers that run some are killed, and Close returns an *executor.CloseError.
func (c *Client) Close(ctx context.Context) error {
	idle := c.shut()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	c.p.mu.Lock()
	left, busy := c.p.giveUp(c)
	c.p.mu.Unlock()
	if left == 0 && busy == 0 {
		return nil
	}
	return &executor.CloseError{Running: busy, Left: left, Err: ctx.Err()}
}

func (c *Client) shut() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing = true
	if c.idle == nil {
		c.idle = make(chan struct{})
		if c.active == 0 {
			close(c.idle)
		}
	}
	return c.idle
}

func (c *Client) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return false
	}
	c.active++
	return true
}

func (c *Client) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active--
	if c.active == 0 && c.idle != nil {
		close(c.idle)
	}
}
