package main

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// logBufferLimit is how much of a log waits for its reader.
	logBufferLimit = 1 << 20
	// logPause is the time between two writes: what comes meanwhile is one. A write for each line, and a thread that is
	// woken for it, cost more than the line.
	logPause = 5 * time.Millisecond
	// logKept is up to what size a buffer is used again.
	logKept = 64 << 10
)

// logBuffer writes a log without ever waiting for its reader, so that a full pipe holds
// up nobody. Lines that find no room are dropped, and counted.
type logBuffer struct {
	w       io.Writer
	limit   int
	dropped atomic.Int64 // lines, since the start
	more    chan struct{}
	ending  chan struct{}
	done    chan struct{}

	mu      sync.Mutex
	waiting []byte
	lost    int       // lines that were dropped and not reported
	report  func(int) // says in the log itself how many lines were dropped
	closed  bool
}

func newLogBuffer(w io.Writer, limit int) *logBuffer {
	b := &logBuffer{w: w, limit: limit, more: make(chan struct{}, 1), ending: make(chan struct{}), done: make(chan struct{}), report: func(int) {}}
	go b.run()
	return b
}

// Write takes a line, or drops it. Safe for any number of goroutines.
func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(b.waiting)+len(line) > b.limit {
		b.lost++
		b.dropped.Add(1)
		return len(line), nil
	}
	b.waiting = append(b.waiting, line...)
	b.wake()
	return len(line), nil
}

func (b *logBuffer) wake() {
	select {
	case b.more <- struct{}{}:
	default:
	}
}

func (b *logBuffer) run() {
	defer close(b.done)
	var spare []byte
	for range b.more {
		b.mu.Lock()
		lines, lost, closed := b.waiting, b.lost, b.closed
		b.waiting, b.lost = spare, 0
		b.mu.Unlock()
		_, _ = b.w.Write(lines) // a reader that has gone gets nothing
		if spare = nil; cap(lines) <= logKept {
			spare = lines[:0]
		}
		if lost > 0 && !closed {
			b.report(lost)
		}
		if closed {
			return
		}
		select {
		case <-time.After(logPause):
		case <-b.ending:
		}
	}
}

// close writes what waits, for no longer than limit. What comes later is dropped.
func (b *logBuffer) close(limit time.Duration) {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	close(b.ending)
	b.wake()
	select {
	case <-b.done:
	case <-time.After(limit):
	}
}
