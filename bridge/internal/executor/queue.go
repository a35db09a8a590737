package executor

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
)

// queue is a bounded FIFO of jobs, linked through the jobs themselves so that a cancelled one leaves at once. One lock
// guards it, held for a few instructions; depth can be read without.
type queue struct {
	mu         sync.Mutex
	limit      int
	used       int // places taken: linked jobs, and places granted to a waiting submission that has not come back yet
	head, tail *Job
	running    *Job // what the engine was last given; nil when it is idle
	engaged    bool // the thread is up and has not gone idle
	closing    bool
	tickets    []*ticket // submissions waiting for a place, oldest first

	depth     atomic.Int64 // linked jobs
	shut      atomic.Bool  // closing, to be read without the lock
	maxDepth  atomic.Int64
	submitted atomic.Int64
}

// ticket stands for one submission that waits for a place. granted is closed when it has one, or when the queue closes.
type ticket struct {
	granted chan struct{}
	ok      bool
}

// push links j and says how many are before it, or why not: job.ErrClosed, job.ErrOverloaded, or errGone when ctx ended before it was linked.
// wait: take a ticket when full and wait until ctx ends.
func (q *queue) push(ctx context.Context, j *Job, wait bool) (ahead int, err error) {
	q.mu.Lock()
	if q.closing {
		q.mu.Unlock()
		return 0, job.ErrClosed
	}
	if q.used < q.limit {
		q.used++
		return q.linkAndUnlock(j)
	}
	if !wait {
		q.mu.Unlock()
		return 0, job.ErrOverloaded
	}
	t := &ticket{granted: make(chan struct{})}
	q.tickets = append(q.tickets, t)
	q.mu.Unlock()

	select {
	case <-t.granted:
	case <-ctx.Done():
	}
	q.mu.Lock()
	if t.ok {
		return q.linkAndUnlock(j)
	}
	defer q.mu.Unlock()
	if q.closing {
		return 0, job.ErrClosed
	}
	q.dropTicket(t)
	return 0, errGone
}

// linkAndUnlock puts j into a place already counted in used.
func (q *queue) linkAndUnlock(j *Job) (ahead int, err error) {
	defer q.mu.Unlock()
	if q.closing {
		q.release()
		return 0, job.ErrClosed
	}
	// A job that is already cancelled could not be found by its cancellation any more. (Not ctx.Err(): that may be
	// anybody's code, and this holds the lock.)
	if j.phase() != queued {
		q.release()
		return 0, errGone
	}
	d := q.depth.Load()
	ahead = int(d)
	if q.running != nil && q.running.phase() == running { // else it is the last one, over but not yet replaced
		ahead++
	}
	j.prev, j.next, j.linked, j.admitted = q.tail, nil, true, true
	if q.tail == nil {
		q.head = j
	} else {
		q.tail.next = j
	}
	q.tail = j
	q.depth.Store(d + 1)
	if d+1 > q.maxDepth.Load() {
		q.maxDepth.Store(d + 1)
	}
	q.submitted.Add(1)
	return ahead, nil
}

// pop gives the oldest job and marks it as running. No job: end says that there never will be one.
func (q *queue) pop() (j *Job, end bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.engaged = true // before the last place is freed: not idle yet
	for j = q.head; j != nil; j = q.head {
		q.unlink(j)
		if j.start() { // else a cancellation claimed it just now
			q.running = j
			return j, false
		}
	}
	q.running, q.engaged = nil, false
	return nil, q.closing
}

// remove unlinks a cancelled job if it is still queued, passes its place on, and reports whether it ever was queued.
func (q *queue) remove(j *Job) (admitted bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if j.linked {
		q.unlink(j)
	}
	return j.admitted
}

// close stops intake and refuses the waiting submissions.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closing = true
	q.shut.Store(true)
	for _, t := range q.tickets {
		close(t.granted)
	}
	q.tickets = nil
}

// abandon takes everything out, for ever: the queued jobs, and the one the engine still has if nobody gave it up yet.
// Claiming the running one under the lock is what makes it safe: only pop, under it, makes a job a running one.
func (q *queue) abandon(c *Client) (left []*Job, current *Job, engaged bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for next := q.head; next != nil; {
		j := next
		next = j.next
		if c != nil && j.client.Load() != c {
			continue
		}
		q.unlink(j)
		if j.claim(queued, 0) {
			left = append(left, j)
		}
	}
	mine := c == nil || q.running != nil && q.running.client.Load() == c
	if q.running != nil && mine && q.running.claim(running, abandoned) {
		current = q.running
	}
	return left, current, q.engaged && mine
}

// retire says that the thread is gone.
func (q *queue) retire() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running, q.engaged = nil, false
}

// full says, without the lock, that there is no place.
func (q *queue) full() bool { return q.depth.Load() >= int64(q.limit) }

// hasWork says, without the lock, that pop has something to give.
func (q *queue) hasWork() bool { return q.depth.Load() > 0 || q.shut.Load() }

// The rest is called with the lock held.

func (q *queue) unlink(j *Job) {
	if j.prev == nil {
		q.head = j.next
	} else {
		j.prev.next = j.next
	}
	if j.next == nil {
		q.tail = j.prev
	} else {
		j.next.prev = j.prev
	}
	j.prev, j.next, j.linked = nil, nil, false
	q.depth.Add(-1)
	q.release()
}

// release passes a place to the oldest waiting submission, or frees it.
func (q *queue) release() {
	if len(q.tickets) > 0 {
		t := q.tickets[0]
		q.tickets[0] = nil
		q.tickets = q.tickets[1:]
		t.ok = true
		close(t.granted)
		return
	}
	q.used--
}

func (q *queue) dropTicket(t *ticket) {
	for i, o := range q.tickets {
		if o == t {
			q.tickets = append(q.tickets[:i], q.tickets[i+1:]...)
			return
		}
	}
}
