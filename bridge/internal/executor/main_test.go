package executor

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// parked is where a kept thread stays.
const parked = "bridge/internal/executor.park"

func TestMain(m *testing.M) {
	code := m.Run()
	// A thread that is to end may not have had the processor yet.
	var leak error
	clean := func() bool {
		leak = goleak.Find(goleak.IgnoreTopFunction("github.com/mistralbridge/mistralbridge/" + parked))
		return leak == nil
	}
	if !happens(clean) {
		fmt.Fprintln(os.Stderr, leak)
		code = 1
	}
	os.Exit(code)
}

// hang is longer than anything takes on the slowest machine: what has not come by then never will.
const hang = 2 * time.Minute

// happens waits for what nothing signals.
func happens(ok func() bool) bool {
	for until := time.Now().Add(hang); !ok(); time.Sleep(50 * us) {
		if time.Now().After(until) {
			return false
		}
	}
	return true
}

var noSpin = Spin{Executor: -1, Caller: -1}

type engineFunc func(frame []byte, reply *wire.Reply) error

func (f engineFunc) Call(frame []byte, reply *wire.Reply) error { return f(frame, reply) }

// echo answers with the frame as body.
func echo(frame []byte, reply *wire.Reply) error {
	reply.Body = append([]byte(nil), frame...)
	return nil
}

func started(e Engine) Starter { return func() (Engine, error) { return e, nil } }

// open starts an executor; the test closes it itself where closing is what it is about.
func open(t testing.TB, engine engineFunc, o Options) *Executor {
	t.Helper()
	e, err := Start(context.Background(), started(engine), o)
	require.NoError(t, err)
	return e
}

// Drain waits for a moment when nothing is queued and the engine is idle.
func (e *Executor) Drain(ctx context.Context) error {
	for {
		e.queue.mu.Lock()
		idle := e.queue.used == 0 && !e.queue.engaged
		e.queue.mu.Unlock()
		if idle {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Microsecond):
		}
	}
}

func shut(t testing.TB, e *Executor) {
	t.Helper()
	require.NoError(t, e.Close(context.Background()))
}

// gate is an engine that reports which job it got and then waits until it may continue.
type gate struct {
	entered chan uint64
	leave   chan struct{}
}

func newGate() *gate { return &gate{entered: make(chan uint64), leave: make(chan struct{})} }

func (g *gate) call(frame []byte, reply *wire.Reply) error {
	g.entered <- number(frame)
	<-g.leave
	return echo(frame, reply)
}

func frame(n uint64) []byte      { return binary.LittleEndian.AppendUint64(nil, n) }
func number(frame []byte) uint64 { return binary.LittleEndian.Uint64(frame) }

func mustSubmit(t testing.TB, e *Executor, ctx context.Context, n uint64) *Job {
	t.Helper()
	j, err := e.Submit(ctx, frame(n))
	require.NoError(t, err)
	return j
}

func isDone(j *Job) bool {
	select {
	case <-j.Done():
		return true
	default:
		return false
	}
}

// balanced asserts that every job had exactly one outcome.
func balanced(t require.TestingT, s Stats) {
	require.Equal(t, s.Submitted, s.Completed+s.Failed+s.Cancelled, "%+v", s)
	require.Zero(t, s.Depth)
	require.Zero(t, s.InFlight)
}
