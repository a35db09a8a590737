package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// What workers can do and an interpreter in the process cannot, in a process of its own.
func TestWithWorkers(t *testing.T) { runInChild(t, "workers") }

func childWorkers(ctx context.Context) error {
	if err := tooLong(ctx); err != nil {
		return err
	}
	rt, err := hello(ctx, bridge.WithTestOps(), bridge.WithWorkers(2), bridge.WithMaxInput(1<<20))
	if err != nil {
		return err
	}
	if err := rt.Ready(); err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := rt.SendAsync(short, bridge.OpForever, 0, "").Await(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return otherwise("a call that is given up", err)
	}
	if _, err := rt.Send(ctx, bridge.OpSleep, 0, strings.Repeat("x", 1<<20+1)); !errors.Is(err, bridge.ErrTooLarge) {
		return otherwise("a request that is too large", err)
	}
	if _, err := rt.SendAsync(ctx, bridge.OpSleep, 0, strings.Repeat("x", 1<<20+1)).Await(ctx); !errors.Is(err, bridge.ErrTooLarge) {
		return otherwise("a future request that is too large", err)
	}
	for _, option := range []bridge.Option{bridge.WithWorkers(3), bridge.WithTimeLimit(time.Hour), bridge.WithWorkerMemory(1 << 30), bridge.WithMemo(0)} {
		var ce *bridge.ConfigError
		if _, err := bridge.Open(ctx, append(options(), bridge.WithWorkers(2), option)...); !errors.As(err, &ce) {
			return otherwise("a second Open that asks for another", err)
		}
	}
	for rt.Stats().WorkersStarted < 2 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if s := rt.Stats(); s.WorkersStarted < 2 || s.Submitted != s.Completed+s.Failed+s.Cancelled {
		return fmt.Errorf("stats: %+v", s)
	}
	if err := rt.Close(ctx); err != nil {
		return err
	}
	if err := rt.Ready(); !errors.Is(err, bridge.ErrClosed) {
		return otherwise("ready when closed", err)
	}
	// An interpreter in the process, and workers anew: each knows nothing of the other.
	for range 2 {
		for _, opts := range [][]bridge.Option{nil, {bridge.WithWorkers(1)}} {
			rt, err := hello(ctx, opts...)
			if err != nil {
				return err
			}
			if err := rt.Close(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// tooLong is a call that takes longer than it may.
func tooLong(ctx context.Context) error {
	rt, err := bridge.Open(ctx, append(options(), bridge.WithTestOps(), bridge.WithWorkers(2), bridge.WithTimeLimit(200*time.Millisecond))...)
	if err != nil {
		return err
	}
	_, err = rt.Send(ctx, bridge.OpForever, 0, "")
	var we *bridge.WorkerError
	if !errors.As(err, &we) || !we.Retryable() || !errors.Is(err, bridge.ErrTimeLimit) {
		return otherwise("a call that takes too long", err)
	}
	return rt.Close(ctx)
}

func TestWithTimeLimit_withoutWorkers(t *testing.T) {
	for i, option := range []bridge.Option{bridge.WithTimeLimit(time.Second), bridge.WithWorkerMemory(1 << 30)} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			_, err := bridge.Open(t.Context(), option)
			require.ErrorContains(t, err, "need WithWorkers")
		})
	}
	for i, option := range []bridge.Option{bridge.WithWorkers(0), bridge.WithTimeLimit(0), bridge.WithWorkerMemory(0), bridge.WithMaxInput(0)} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			_, err := bridge.Open(t.Context(), option)
			require.ErrorContains(t, err, "bridge: With")
		})
	}
}
