package executor

import (
	"sync/atomic"
	"time"
)

// Doorbell is what the locked thread waits on when the queue is empty. Wait is called on that thread only, Ring from
// any goroutine; each Wait is ended by exactly one Ring, which may come before it. An engine that lives in C can give
// one that polls and sleeps inside one C call, so that the thread's P is free for other goroutines meanwhile.
type Doorbell interface {
	// Ring ends the current or the next Wait. It must not block.
	Ring()
	// Wait returns after one Ring. It may poll for up to spin before sleeping (0: sleep at once) and reports whether
	// polling caught the ring.
	Wait(spin time.Duration) (polled bool)
}

const (
	bellQuiet uint32 = iota
	bellRung
	bellAsleep
)

// bell is the Doorbell made of one word to poll and one channel to sleep on.
type bell struct {
	state atomic.Uint32
	wake  chan struct{}
}

func newBell() *bell { return &bell{wake: make(chan struct{}, 1)} }

func (b *bell) Ring() {
	if b.state.Swap(bellRung) == bellAsleep {
		b.wake <- struct{}{} // buffered, and one Ring a Wait: never blocks
	}
}

func (b *bell) Wait(spin time.Duration) bool {
	polled := spin > 0 && b.poll(spin)
	if !polled && b.state.CompareAndSwap(bellQuiet, bellAsleep) {
		<-b.wake
	}
	b.state.Store(bellQuiet)
	return polled
}

// poll keeps its P: see the package comment.
func (b *bell) poll(limit time.Duration) bool {
	start := time.Now()
	for {
		for range pollsPerClock {
			if b.state.Load() == bellRung {
				return true
			}
		}
		if time.Since(start) >= limit {
			return false
		}
	}
}
