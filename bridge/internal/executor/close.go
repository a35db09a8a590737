package executor

import (
	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
)

// shut stops intake and wakes the thread to notice.
func (e *Executor) shut() {
	e.queue.close()
	e.ring()
}

// giveUp settles all that is left with job.ErrClosed; with a client, all of its own.
func (e *Executor) giveUp(c *Client) (left, busy int) {
	jobs, current, engaged := e.queue.abandon(c)
	left = len(jobs)
	if current != nil {
		jobs = append(jobs, current)
	}
	for _, j := range jobs {
		e.stats.abandonedByClose.Add(1)
		j.err = job.ErrClosed
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
