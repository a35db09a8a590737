package pool_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

// gate is where a job waits until the test lets it pass. It reports each arrival: tests go by that, not by time.
type gate struct {
	t    testing.TB
	path string
	end  *os.File
}

func newGate(t testing.TB) *gate { return newGateAt(t, filepath.Join(t.TempDir(), "fifo")) }

func newGateAt(t testing.TB, path string) *gate {
	t.Helper()
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	return &gate{t: t, path: path}
}

// frame is a job that waits there. It is as large as requested.
func (g *gate) frame(size int) job.Job {
	return frame(opGate, 0, 0, g.path+"\x00"+strings.Repeat("x", size))
}

// begun waits until a job has arrived.
func (g *gate) begun() {
	g.t.Helper()
	var err error
	g.end, err = os.OpenFile(g.path, os.O_WRONLY, 0)
	require.NoError(g.t, err)
	g.t.Cleanup(func() { _ = g.end.Close() }) // nor does the garbage collector before
}

// open lets through the jobs that wait, and those that come later.
func (g *gate) open() {
	g.t.Helper()
	require.NoError(g.t, os.Remove(g.path))
	require.NoError(g.t, g.end.Close())
}

// hold submits a job that has begun when hold returns, and ends when the gate is opened.
func hold(t testing.TB, c *pool.Client) (*gate, job.Pending) {
	t.Helper()
	g := newGate(t)
	j, err := c.Submit(t.Context(), g.frame(0))
	require.NoError(t, err)
	g.begun()
	return g, j
}

// guard is how long what must come may take: it is there for what never comes.
const guard = 5 * time.Minute

func eventually(t testing.TB, cond func() bool, what ...any) {
	t.Helper()
	for end := time.Now().Add(guard); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(append([]any{"it has never come to be"}, what...)...)
		}
	}
}

// full waits until all workers are there, and idle.
func full(t testing.TB, p *pool.Pool, c *pool.Client) {
	t.Helper()
	pidOf(t, c)
	eventually(t, p.Full)
}

// until moves the clock on, by that much at a time, until a job has its outcome.
func until(j job.Pending, c *pool.Clock, d time.Duration) {
	for {
		select {
		case <-j.Done():
			return
		case <-time.After(time.Millisecond):
			c.Advance(d)
		}
	}
}

// deadline is a context whose deadline passes when the test says so.
type deadline struct {
	context.Context
	once sync.Once
	done chan struct{}
}

func newDeadline(t testing.TB) *deadline {
	return &deadline{Context: t.Context(), done: make(chan struct{})}
}

func (d *deadline) pass() { d.once.Do(func() { close(d.done) }) }

func (d *deadline) Done() <-chan struct{} { return d.done }

func (d *deadline) Err() error {
	select {
	case <-d.done:
		return context.DeadlineExceeded
	default:
		return d.Context.Err()
	}
}
