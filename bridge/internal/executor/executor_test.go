package executor

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

func TestExecutor_Do(t *testing.T) {
	e := open(t, func(frame []byte, reply *wire.Reply) error {
		assert.Equal(t, wire.Reply{}, *reply, "the engine must get an empty reply")
		*reply = wire.Reply{Status: 1, Flags: 2, Aux: 3, Body: append([]byte("re: "), frame...), Ints: []int32{4}}
		return nil
	}, Options{})
	defer shut(t, e)
	for _, text := range []string{"one", "two", "three"} {
		t.Run(text, func(t *testing.T) { // jobs are reused: nothing may stick to them
			got, err := e.Do(context.Background(), []byte(text))
			require.NoError(t, err)
			require.Equal(t, wire.Reply{Status: 1, Flags: 2, Aux: 3, Body: []byte("re: " + text), Ints: []int32{4}}, got)
		})
	}
	require.NoError(t, e.Drain(context.Background()))
	s := e.Stats()
	balanced(t, s)
	assert.EqualValues(t, 3, s.Completed)
}

func TestExecutor_Submit(t *testing.T) {
	g := newGate()
	e := open(t, g.call, Options{})
	defer shut(t, e)
	j := mustSubmit(t, e, context.Background(), 7)
	<-g.entered
	_, err := j.Reply()
	require.ErrorIs(t, err, job.ErrPending)
	require.False(t, isDone(j))
	g.leave <- struct{}{}
	require.NoError(t, j.Wait(context.Background()))
	require.True(t, isDone(j))
	for range 2 {
		reply, err := j.Reply()
		require.NoError(t, err)
		require.EqualValues(t, 7, number(reply.Body))
	}
}

func TestExecutor_order(t *testing.T) {
	g := newGate()
	e := open(t, g.call, Options{Queue: 50})
	defer shut(t, e)
	for n := range uint64(50) {
		mustSubmit(t, e, context.Background(), n)
	}
	for n := range uint64(50) {
		require.Equal(t, n, <-g.entered)
		g.leave <- struct{}{}
	}
}

func TestEngine_error(t *testing.T) {
	calls := 0
	e := open(t, func(frame []byte, reply *wire.Reply) error {
		if calls++; calls == 1 {
			reply.Body = []byte("half")
			return io.ErrUnexpectedEOF
		}
		return echo(frame, reply)
	}, Options{})
	defer shut(t, e)
	reply, err := e.Do(context.Background(), frame(1))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, wire.Reply{}, reply)
	_, err = e.Do(context.Background(), frame(2))
	require.NoError(t, err)
	s := e.Stats()
	assert.EqualValues(t, 1, s.Failed)
	assert.EqualValues(t, 1, s.Completed)
}

func explode(v any) error { panic(v) }

func TestEngine_panic(t *testing.T) {
	cause := errors.New("boom")
	first := true
	e := open(t, func(frame []byte, reply *wire.Reply) error {
		if first {
			first = false
			return explode(cause)
		}
		return echo(frame, reply)
	}, Options{})
	defer shut(t, e)
	_, err := e.Do(context.Background(), frame(1))
	var p *PanicError
	require.ErrorAs(t, err, &p)
	require.ErrorIs(t, err, cause)
	require.Contains(t, string(p.Stack), "executor.explode", "the stack must show where it was")
	_, err = e.Do(context.Background(), frame(2))
	require.NoError(t, err)
	require.EqualValues(t, 1, e.Stats().Panics)
	require.Nil(t, (&PanicError{Value: "text"}).Unwrap())
}

func TestEngine_Goexit(t *testing.T) {
	e := open(t, func([]byte, *wire.Reply) error { runtime.Goexit(); return nil }, Options{})
	_, err := e.Do(context.Background(), frame(1))
	require.ErrorIs(t, err, job.ErrClosed)
	shut(t, e)
	_, err = e.Submit(context.Background(), frame(2))
	require.ErrorIs(t, err, job.ErrClosed)
	balanced(t, e.Stats())
}

func TestStart_errors(t *testing.T) {
	_, err := Start(context.Background(), func() (Engine, error) { return nil, io.EOF }, Options{})
	require.ErrorIs(t, err, io.EOF)
	_, err = Start(context.Background(), func() (Engine, error) { return nil, explode("no") }, Options{})
	var p *PanicError
	require.ErrorAs(t, err, &p)
	require.Equal(t, "no", p.Value)
	_, err = Start(context.Background(), started(engineFunc(echo)), Options{Queue: -1})
	require.Error(t, err)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Start(ended, func() (Engine, error) { t.Error("started"); return nil, nil }, Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestStart_outlivesContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	in, out := make(chan struct{}), make(chan struct{})
	go func() { <-in; cancel() }()
	_, err := Start(ctx, func() (Engine, error) { close(in); <-out; return engineFunc(echo), nil }, Options{})
	require.ErrorIs(t, err, context.Canceled)
	close(out) // goleak in TestMain: the thread must end now
}

func TestExecutor_Do_allocations(t *testing.T) {
	if raceEnabled {
		t.Log("the race detector makes sync.Pool drop items; counting only without it")
		return
	}
	for name, spin := range map[string]Spin{"spin": {}, "sleep": noSpin} {
		e := open(t, func([]byte, *wire.Reply) error { return nil }, Options{Spin: spin})
		f, ctx := frame(1), context.Background()
		_, _ = e.Do(ctx, f)
		allocs := testing.AllocsPerRun(500, func() { _, _ = e.Do(ctx, f) })
		assert.Less(t, allocs, 1.0, name)
		shut(t, e)
	}
}

func TestExecutor_busyThreadNotRung(t *testing.T) {
	bell := &countingBell{Doorbell: newBell()}
	g := newGate()
	e := open(t, g.call, Options{Doorbell: bell, Spin: noSpin})
	require.True(t, happens(e.asleep.Load))
	var jobs []*Job
	for n := range uint64(100) {
		jobs = append(jobs, mustSubmit(t, e, context.Background(), n))
		if n == 0 {
			<-g.entered
		}
	}
	for n := range jobs {
		if n > 0 {
			<-g.entered
		}
		g.leave <- struct{}{}
	}
	require.NoError(t, e.Drain(context.Background()))
	rings, waits := bell.counts()
	require.Equal(t, 1, rings, "one ring for the first job, none for the backlog")
	require.LessOrEqual(t, waits, 2)
	require.EqualValues(t, 99, e.Stats().MaxDepth)
	shut(t, e)
}

type countingBell struct {
	Doorbell
	mu           sync.Mutex
	rings, waits int
}

func (b *countingBell) Ring() {
	b.mu.Lock()
	b.rings++
	b.mu.Unlock()
	b.Doorbell.Ring()
}

func (b *countingBell) Wait(spin time.Duration) bool {
	b.mu.Lock()
	b.waits++
	b.mu.Unlock()
	return b.Doorbell.Wait(spin)
}

func (b *countingBell) counts() (int, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rings, b.waits
}

// A job that comes between the look at the queue and the sleep rings nobody: the thread must look again.
func TestExecutor_noLostWakeUp(t *testing.T) {
	e := &Executor{options: Options{Doorbell: noBell{t}}, spin: newSpinner(noSpin)}
	e.queue.limit = 1
	_, err := e.enqueue(context.Background(), &Job{executor: e}, job.AsConfigured)
	require.NoError(t, err)
	require.True(t, e.sleep(true))
	require.False(t, e.asleep.Load())

	e = &Executor{options: Options{Doorbell: noBell{t}}, spin: newSpinner(noSpin)}
	e.shut()
	require.False(t, e.sleep(false), "nor that of Close")
}

type noBell struct{ t *testing.T }

func (b noBell) Ring()                   { b.t.Error("rung") }
func (b noBell) Wait(time.Duration) bool { b.t.Error("slept"); return false }
