package engine_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// shared is an engine with two models, which the tests leave open.
var shared *engine.Engine

func TestMain(m *testing.M) {
	var err error
	shared, err = engine.Open(context.Background(), engine.Options{
		Bridge: options(),
		Models: []engine.ModelSpec{
			{Source: bridge.Shipped("v3-tekken"), Path: "v3-tekken", Name: "tekken", Aliases: []string{"also"}},
			{Source: bridge.Shipped("v3"), Name: "spm"},
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "open:", err)
		os.Exit(1)
	}
	code := m.Run()
	if err := shared.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "close:", err)
		code = 1
	}
	if err := leaked(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// hang is longer than anything takes on the slowest machine: what has not come by then never will.
const hang = 5 * time.Minute

// leaked reports goroutines that do not end.
func leaked() (err error) {
	for until := time.Now().Add(hang); time.Now().Before(until); {
		if err = goleak.Find(goleak.IgnoreAnyFunction("github.com/mistralbridge/mistralbridge/bridge/internal/executor.(*Executor).thread")); err == nil {
			return nil
		}
	}
	return err
}

func options() []bridge.Option { return []bridge.Option{bridge.WithDistribution(bundled.Python())} }
