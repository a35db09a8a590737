package pool

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"sync"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Clock is one that stands still until it is moved.
type Clock struct {
	mu    sync.Mutex
	moved time.Duration
	due   []*alarm
}

type alarm struct {
	at time.Duration
	f  func()
}

var start = time.Now()

// Now is part of clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return start.Add(c.moved)
}

// After is part of clock.
func (c *Clock) After(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := &alarm{c.moved + d, f}
	c.due = append(c.due, a)
	return func() bool { return c.take(func(o *alarm) bool { return o == a }) != nil }
}

// Advance moves it, and has done what was to be done by then.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	c.moved += d
	now := c.moved
	c.mu.Unlock()
	for a := c.take(func(o *alarm) bool { return o.at <= now }); a != nil; a = c.take(func(o *alarm) bool { return o.at <= now }) {
		a.f()
	}
}

func (c *Clock) take(which func(*alarm) bool) *alarm {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, a := range c.due {
		if which(a) {
			c.due = append(c.due[:i], c.due[i+1:]...)
			return a
		}
	}
	return nil
}

// Stop has the limits of time go by a clock that stands still.
func (o *Options) Stop() *Clock {
	c := &Clock{}
	o.clock = c
	return c
}

// BusyInterval is from when on a job takes long.
const BusyInterval = busyInterval

// Full reports whether all workers are there that should be, with nothing to do, and none that is to go.
func (p *Pool) Full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.liveWorkers() {
		if w.zygote != p.zygote || !w.Accepting() {
			return false
		}
	}
	n := len(p.sched.Workers())
	return n == p.options.Workers && n == p.sched.Idle()
}

// RunningJobs is how many jobs have begun in a worker and not ended.
func (p *Pool) RunningJobs() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.liveWorkers() {
		running := w.segment.running()
		for _, s := range w.Pipe {
			if s.Serial == running {
				n++
			}
		}
	}
	return n
}

// SlowWorkers is how many workers are at one job for longer than others should wait behind it.
func (p *Pool) SlowWorkers() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for w := range p.liveWorkers() {
		if w.Slow() {
			n++
		}
	}
	return n
}

// Zygote is the process that workers are forked from.
func (p *Pool) Zygote() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.zygote.pid
}

// ReadReply reads an answer of a worker as receive does, of which only so many bytes come.
func ReadReply(data []byte, come int) (wire.Reply, error) {
	return ReadReplyOf(uint64(len(data)), data[:come])
}

// ReadReplyOf reads one that is said to have n bytes.
func ReadReplyOf(n uint64, come []byte) (wire.Reply, error) {
	head := binary.LittleEndian.AppendUint64(nil, n)
	head = binary.LittleEndian.AppendUint64(head, 1)
	o, err := readOutcome(bufio.NewReaderSize(io.MultiReader(bytes.NewReader(head), bytes.NewReader(come)), readBufferSize))
	return o.reply, err
}
