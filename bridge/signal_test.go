package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// A load that takes SIGINT, SIGTERM, SIGPIPE, SIGURG and, by faulthandler, SIGSEGV
// for Python leaves them as Go had them.
func TestSignals_restored(t *testing.T) { runInChild(t, "signals") }

func childSignals(ctx context.Context) error {
	rt, err := hello(ctx, bridge.WithTestOps())
	if err != nil {
		return err
	}
	if _, err := rt.Load(ctx, bridge.Shipped("seize:v3")); err != nil {
		return err
	}
	for name, check := range map[string]func() error{
		"SIGINT": interrupted, "SIGSEGV": dereferenced, "SIGPIPE": brokenPipe, "SIGURG": preempted,
	} {
		if err := check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return rt.Close(ctx)
}

func interrupted() error {
	got := make(chan os.Signal, 1)
	signal.Notify(got, os.Interrupt)
	defer signal.Stop(got)
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		return err
	}
	select {
	case <-got:
		return nil
	case <-time.After(guard):
		return errors.New("signal.Notify received nothing")
	}
}

func dereferenced() (err error) {
	defer func() {
		var fault runtime.Error
		if v, ok := recover().(error); !ok || !errors.As(v, &fault) {
			err = fmt.Errorf("recovered %v", v)
		}
	}()
	var request *mistral.ChatCompletionRequest
	fmt.Fprint(os.Stderr, request.Messages)
	return nil
}

func brokenPipe() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	if err := r.Close(); err != nil {
		return err
	}
	if _, err := w.WriteString("x"); !errors.Is(err, syscall.EPIPE) {
		return otherwise("write", err)
	}
	return nil
}

// preempted asks for the processor back from a goroutine that never offers it.
func preempted() error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	done := make(chan struct{})
	var begun atomic.Bool
	go func() {
		defer close(done)
		begun.Store(true)
		for range 20_000_000_000 {
		}
	}()
	for !begun.Load() {
		runtime.Gosched() // comes back, once the loop has begun, only if it was interrupted
	}
	select {
	case <-done:
		return errors.New("the loop ran to its end first")
	default:
		return nil
	}
}

// SIGTERM that nobody asked for ends the process, as before.
func TestSignals_SIGTERM(t *testing.T) {
	t.Parallel()
	cmd, out := child(t, "terminate")
	require.Error(t, cmd.Run(), out)
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.True(t, status.Signaled(), out)
	require.Equal(t, syscall.SIGTERM, status.Signal())
}

func childTerminate(ctx context.Context) error {
	rt, err := hello(ctx, bridge.WithTestOps())
	if err != nil {
		return err
	}
	if _, err := rt.Load(ctx, bridge.Shipped("seize:v3")); err != nil {
		return err
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		return err
	}
	time.Sleep(guard)
	return errors.New("still alive")
}
