package executor

import "context"

// Close stops intake and runs what is queued. When ctx ends first, the rest, the running job included, gets ErrClosed
// and Close returns a *CloseError; the thread ends whenever the engine returns. Close needs nothing from the engine,
// so one that is stuck for ever cannot hold it. Closing again is harmless and waits anew.
func (e *Executor) Close(ctx context.Context) error {
	e.shut()
	select {
	case <-e.ended:
		return nil
	default:
	}
	select {
	case <-e.ended:
		return nil
	case <-ctx.Done():
	}
	left, busy := e.giveUp(nil)
	if left == 0 && busy == 0 {
		return nil // it became idle just now
	}
	return &CloseError{Running: busy, Left: left, Err: ctx.Err()}
}

// shut stops intake and wakes the thread to notice.
func (e *Executor) shut() {
	e.queue.close()
	e.ring()
}

// giveUp settles all that is left with ErrClosed; with a client, all of its own.
func (e *Executor) giveUp(c *Client) (left, busy int) {
	jobs, current, engaged := e.queue.abandon(c)
	left = len(jobs)
	if current != nil {
		jobs = append(jobs, current)
	}
	for _, j := range jobs {
		e.stats.abandonedByClose.Add(1)
		j.err = ErrClosed
		stop := j.stop
		j.publish()
		if stop != nil {
			stop()
		}
	}
	if engaged {
		busy = 1
	}
	return left, busy
}
