package pool_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Whatever a worker does, its own call fails with a typed error, the one beside it is answered, and so is the next.
func TestFaults(t *testing.T) {
	var clock *pool.Clock
	p, c := start(t, func(o *pool.Options) { o.Memory = 4 << 30; clock = o.Stop() })
	v3 := load(t, c, `{"name":"v3"}`)
	for what, want := range map[string]pool.WorkerError{
		"kill":     {Kind: pool.ErrWorkerDied, Signal: syscall.SIGKILL},
		"segfault": {Kind: pool.ErrWorkerDied, Signal: syscall.SIGSEGV},
		"exit":     {Kind: pool.ErrWorkerDied, Exit: 3},
		"cut":      {Kind: pool.ErrWorkerDied},
		"garbage":  {Kind: pool.ErrGarbage},
		"nonsense": {Kind: pool.ErrGarbage},
		"abort":    {Kind: pool.ErrMemory, Signal: syscall.SIGABRT},
		"hang":     {Kind: pool.ErrTimeLimit},
		"native":   {Kind: pool.ErrTimeLimit},
		"stop":     {Kind: pool.ErrTimeLimit},
	} {
		t.Run(what, func(t *testing.T) {
			hello(t, c, v3)
			full(t, p, c)
			g, beside := hold(t, c)
			fault, err := c.Submit(t.Context(), frame(opFault, 0, 0, what))
			require.NoError(t, err)
			if !errors.Is(want.Kind, pool.ErrTimeLimit) {
				<-fault.Done()
			}
			g.open()
			body, _ := answerOf(t, beside)
			assert.Equal(t, "passed", body)
			until(fault, clock, pool.DefaultTimeLimit)
			_, err = fault.Reply()
			var we *pool.WorkerError
			require.ErrorAs(t, err, &we)
			require.ErrorIs(t, err, want.Kind)
			assert.NotZero(t, we.PID)
			assert.Equal(t, want.Kind != pool.ErrMemory, we.Retryable())
			if want.Signal != 0 {
				assert.Equal(t, want.Signal, we.Signal, we.Error())
			}
			if want.Exit != 0 {
				assert.Equal(t, want.Exit, we.Exit)
			}
			if what == "segfault" {
				assert.Contains(t, we.Stderr, "Segmentation fault")
			}
			hello(t, c, v3)
			require.NoError(t, p.Ready())
		})
	}
}

// An answer that nobody asked for ends the worker, and is nobody's.
func TestFaults_extraAnswer(t *testing.T) {
	_, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	_, err := c.Do(t.Context(), frame(opFault, 0, 0, "twice"))
	require.NoError(t, err, "the first of the two is well-formed")
	r, err := again(t.Context(), c, frame(opEcho, 0, 0, "next")) // which may have begun
	require.NoError(t, err)
	assert.Equal(t, "next", string(r.Body))
}

// again repeats a call that lost its worker.
func again(ctx context.Context, c *pool.Client, f job.Job) (wire.Reply, error) {
	for {
		r, err := c.Do(ctx, f)
		if we := (*pool.WorkerError)(nil); !errorAs(err, &we) || !we.Retryable() {
			return r, err
		}
	}
}

// A job that has not begun when its worker ends is run by the next one, but not for ever: it may be what ends them.
func TestFaults_jobNotBegun(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Stop() })
	full(t, p, c)
	worker := pidOf(t, c)
	require.NoError(t, syscall.Kill(worker, syscall.SIGSTOP))
	jobs := submit(t, c, frame(opEcho, 0, 0, "spared"), frame(opEcho, 0, 0, "behind"))
	kill(worker)
	for i, want := range []string{"spared", "behind"} {
		t.Run(want, func(t *testing.T) {
			body, _ := answerOf(t, jobs[i])
			assert.Equal(t, want, body)
		})
	}
	_, err := c.Do(t.Context(), frame(opEcho, 0, 0, "deadly"))
	require.ErrorIs(t, err, pool.ErrWorkerDied)
	s := p.Stats()
	assert.EqualValues(t, []int64{1 + 4, 1}, []int64{s.Crashes, s.Failed})
}

// What is written to the standard streams disturbs nothing, and is heard.
func TestWorker_standardStreams(t *testing.T) {
	var said lockedBuffer
	_, c := start(t, func(o *pool.Options) {
		o.Workers = 1
		o.Log = slog.New(slog.NewTextHandler(&said, nil))
	})
	r, err := c.Do(t.Context(), frame(opFault, 0, 0, "chatter"))
	require.NoError(t, err)
	assert.Equal(t, "survived", string(r.Body))
	assert.NotZero(t, r.Flags&wire.ReplyLogs, "what Python prints comes with the reply")
	eventually(t, func() bool { return strings.Contains(said.String(), "native code on stdout") })
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Workers that die as soon as they are asked make the pool say so, until one answers.
func TestCrashLoop(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	require.NoError(t, p.Ready())
	for range 5 {
		_, err := c.Do(t.Context(), frame(opFault, 0, 0, "exit"))
		require.ErrorIs(t, err, pool.ErrWorkerDied)
	}
	eventually(t, func() bool { return p.Ready() != nil })
	require.ErrorIs(t, p.Ready(), pool.ErrCrashLoop)
	require.ErrorContains(t, p.Ready(), "exit status 3")
	_, err := c.Do(t.Context(), frame(opEcho, 0, 0, ""))
	require.NoError(t, err)
	require.NoError(t, p.Ready())
}

func TestMemory(t *testing.T) {
	_, c := start(t, func(o *pool.Options) { o.Workers = 1; o.Memory = 256 << 20 })
	_, err := c.Do(t.Context(), frame(opAllocate, 0, 100, ""))
	require.NoError(t, err)
	r, err := c.Do(t.Context(), frame(opAllocate, 0, 300, ""))
	require.NoError(t, err)
	require.Equal(t, wire.StatusError, r.Status)
	assert.Contains(t, string(r.Body), `"type":"MemoryError"`)
	_, err = c.Do(t.Context(), frame(opAllocate, 0, 100, ""))
	require.NoError(t, err)
}
