package async_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/mistralbridge/mistralbridge/async"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errBoom = errors.New("boom")

// ended is a ctx that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// gate is a Waiter like a job in a queue: it counts how it is waited for.
type gate struct {
	done  chan struct{}
	waits int // calls of Wait; for tests with one asker
}

func newGate() *gate { return &gate{done: make(chan struct{})} }

func (g *gate) Done() <-chan struct{} { return g.done }

func (g *gate) Wait(ctx context.Context) error {
	g.waits++
	select {
	case <-g.done:
		return nil
	default:
	}
	select {
	case <-g.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var _ async.Waiter = (*async.Future[int])(nil)

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
