package async

import (
	"context"
	"sync"
)

// Waiter is something that is done at some time and stays done. *Future is one.
// Both methods must be safe for any number of goroutines.
type Waiter interface {
	// Done is closed when the thing is done.
	Done() <-chan struct{}
	// Wait returns nil when the thing is done (also if ctx has ended by then), else
	// ctx.Err() when ctx ends first. It may be a faster way than the channel.
	Wait(ctx context.Context) error
}

// poller is what the waiters of this package add: asking whether they are done
// without making a channel, which for All and First would cost a goroutine.
type poller interface{ ready() bool }

// isDone reports whether w is done, without blocking.
func isDone(w Waiter) bool {
	if p, ok := w.(poller); ok {
		return p.ready()
	}
	select {
	case <-w.Done():
		return true
	default:
		return false
	}
}

// alwaysDone is the Done channel of every settled future. It is closed and never
// written to.
var alwaysDone = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// lateDone makes the Done channel of a waiter that only knows how to Wait. The
// channel, and the goroutine that closes it, come with the first call.
type lateDone struct {
	once sync.Once
	c    chan struct{}
}

func (d *lateDone) of(wait func(context.Context) error) <-chan struct{} {
	d.once.Do(func() {
		d.c = make(chan struct{})
		go func() {
			defer close(d.c)
			_ = wait(context.Background()) // never ends early: nil is all it can give
		}()
	})
	return d.c
}
