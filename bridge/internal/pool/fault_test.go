package pool_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Whatever a worker does, its own call fails with a typed error, the one beside it is answered, and so is the next.
func TestFaultsCostOneCall(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.TimeLimit = 3 * time.Second; o.Memory = 4 << 30 })
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
			beside, err := c.Submit(t.Context(), frame(opSleep, 0, 100, ""))
			require.NoError(t, err)
			_, err = c.Do(t.Context(), frame(opFault, 0, 0, what))
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
			require.NoError(t, beside.Wait(t.Context()))
			r, err := beside.Reply()
			require.NoError(t, err)
			assert.Equal(t, "slept", string(r.Body))
			hello(t, c, v3)
			require.NoError(t, p.Ready())
		})
	}
}

// An answer that nobody asked for ends the worker, and is nobody's.
func TestAnAnswerTooMany(t *testing.T) {
	_, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	_, err := c.Do(t.Context(), frame(opFault, 0, 0, "twice"))
	require.NoError(t, err, "the first of the two is well-formed")
	r, err := again(t.Context(), c, frame(opEcho, 0, 0, "next"))
	require.NoError(t, err)
	assert.Equal(t, "next", string(r.Body))
}

// again repeats a call that lost its worker.
func again(ctx context.Context, c *pool.Client, f []byte) (wire.Reply, error) {
	for {
		r, err := c.Do(ctx, f)
		if we := (*pool.WorkerError)(nil); !errorAs(err, &we) || !we.Retryable() {
			return r, err
		}
	}
}

// What is written to the standard streams disturbs nothing, and is heard.
func TestChatter(t *testing.T) {
	var said lockedBuffer
	_, c := start(t, func(o *pool.Options) {
		o.Workers = 1
		o.Log = slog.New(slog.NewTextHandler(&said, nil))
	})
	r, err := c.Do(t.Context(), frame(opFault, 0, 0, "chatter"))
	require.NoError(t, err)
	assert.Equal(t, "survived", string(r.Body))
	assert.NotZero(t, r.Flags&wire.ReplyLogs, "what Python prints comes with the reply")
	require.Eventually(t, func() bool { return strings.Contains(said.String(), "native code on stdout") }, 5*time.Second, time.Millisecond)
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

// A load that goes wrong takes nothing along: what was loaded, who serves it, and the next load.
func TestLoadsThatGoWrong(t *testing.T) {
	_, c := start(t, func(o *pool.Options) { o.Workers = 1; o.LoadLimit = 3 * time.Second })
	v3 := load(t, c, `{"name":"v3"}`)
	hello(t, c, v3)
	worker := pidOf(t, c)
	for what, kind := range map[string]error{"kill": pool.ErrWorkerDied, "segfault": pool.ErrWorkerDied, "hang": pool.ErrTimeLimit} {
		_, err := c.Do(t.Context(), frame(wire.OpLoad, 0, -1, `{"file":"/fault-`+what+`"}`))
		require.ErrorIs(t, err, kind)
		hello(t, c, v3)
	}
	assert.Equal(t, worker, pidOf(t, c))
	v2 := load(t, c, `{"name":"v2"}`)
	require.NotEqual(t, v3, v2)
	hello(t, c, v3)
}

// The limit of calls is none of loads.
func TestALoadIsNoCall(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1; o.TimeLimit = 100 * time.Millisecond })
	r, err := c.Do(t.Context(), frame(wire.OpLoad, 0, -1, `{"file":"/fault-slow"}`))
	require.NoError(t, err)
	assert.Equal(t, wire.StatusError, r.Status)
	assert.Contains(t, string(r.Body), "/fault-slow", "the reference's own words")
	_, err = c.Do(t.Context(), frame(opSleep, 0, 400, ""))
	require.ErrorIs(t, err, pool.ErrTimeLimit)
	assert.EqualValues(t, 1, p.Stats().Killed)
}

// Workers that die as soon as they are asked make the pool say so, until one answers.
func TestCrashLoop(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	require.NoError(t, p.Ready())
	for range 5 {
		_, err := c.Do(t.Context(), frame(opFault, 0, 0, "exit"))
		require.ErrorIs(t, err, pool.ErrWorkerDied)
	}
	require.Eventually(t, func() bool { return p.Ready() != nil }, 5*time.Second, time.Millisecond)
	require.ErrorIs(t, p.Ready(), pool.ErrCrashLoop)
	require.ErrorContains(t, p.Ready(), "exit status 3")
	_, err := c.Do(t.Context(), frame(opEcho, 0, 0, ""))
	require.NoError(t, err)
	require.NoError(t, p.Ready())
}

// The end of the process that workers are forked from costs nobody anything.
func TestTheFirstProcessDies(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	v3 := load(t, c, `{"name":"v3"}`)
	hello(t, c, v3)
	worker := pidOf(t, c)
	require.NoError(t, syscall.Kill(parentOf(t, worker), syscall.SIGKILL))
	hello(t, c, v3)
	require.Eventually(t, func() bool { return p.Stats().Boots == 2 }, 20*time.Second, 10*time.Millisecond)
	hello(t, c, v3)
	require.Eventually(t, func() bool { return pidOf(t, c) != worker }, 20*time.Second, 10*time.Millisecond)
	hello(t, c, v3)
	assert.Equal(t, [2]int{1, 1}, held(t, c))
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
