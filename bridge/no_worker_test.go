//go:build linux

package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

// A process without open files to give has no more workers: calls say so at once, and are answered when there are some.
func TestNoWorkerError(t *testing.T) { runInChild(t, "no worker") }

func childNoWorker(ctx context.Context) error {
	rt, err := hello(ctx, bridge.WithWorkers(2))
	if err != nil {
		return err
	}
	tok, err := rt.Load(ctx, bridge.Shipped("v3"))
	if err != nil {
		return err
	}
	// Killed before it is ready, a worker could not be made, for another reason than the one that is meant here.
	if err := eachHasWorked(ctx, rt, tok, 2); err != nil {
		return err
	}
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: before.Max}); err != nil {
		return err
	}
	for _, w := range rt.Stats().Workers {
		_ = syscall.Kill(w.PID, syscall.SIGKILL)
	}
	for rt.Ready() == nil && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	for range 2 { // those that come while it lasts, too
		_, err := tok.EncodeChat(ctx, user("Déjà"))
		var none *bridge.NoWorkerError
		switch {
		case !errors.As(err, &none), !errors.Is(err, bridge.ErrNoWorker), !errors.Is(err, syscall.EMFILE), !errors.Is(rt.Ready(), bridge.ErrNoWorker):
			return otherwise("a call without a worker", err)
		case bridge.ReasonOf(err) != bridge.ReasonNoWorker, !bridge.Retryable(err), bridge.HTTPStatus(err) != 503:
			return fmt.Errorf("what it means: %v", bridge.ReasonOf(err))
		case !strings.Contains(err.Error(), none.Hint()), !strings.Contains(none.Hint(), "ulimit -n"):
			return fmt.Errorf("without the way out: %w", err)
		}
	}
	if s := rt.Stats(); s.WorkersFailed < 2 || s.WorkersWanted != 2 || len(s.Workers) != 0 {
		return fmt.Errorf("stats: %+v", s)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		return err
	}
	for rt.Ready() != nil && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	out, err := tok.EncodeChat(ctx, user("Déjà"))
	if err != nil {
		return err
	}
	if got := fmt.Sprint(out.Tokens); got != "[1 3 19601 24564 4]" {
		return errors.New("other tokens: " + got)
	}
	return rt.Close(ctx)
}

// eachHasWorked makes calls until n workers have answered some each.
func eachHasWorked(ctx context.Context, rt *bridge.Runtime, tok *bridge.Tokenizer, n int) error {
	idle := func(w bridge.WorkerStats) bool { return w.Jobs == 0 }
	for {
		workers := rt.Stats().Workers
		if len(workers) >= n && !slices.ContainsFunc(workers, idle) {
			return nil
		}
		var calls []*async.Future[*bridge.Tokenized]
		for range 64 {
			calls = append(calls, tok.EncodeChatAsync(ctx, user("Déjà")))
		}
		if _, err := async.All(calls...).Await(ctx); err != nil {
			return err
		}
	}
}
