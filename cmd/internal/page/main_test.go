//go:build browser

package page_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// loaded has a tokenizer of each kind.
var loaded *engine.Engine

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	e, err := engine.Open(ctx, engine.Options{
		Models: []engine.ModelSpec{
			{Source: bridge.Shipped("v3-tekken"), Name: "tekken"},
			{Source: bridge.Shipped("v3"), Name: "spm"},
		},
		Open: func(ctx context.Context) (*bridge.Runtime, error) {
			return bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = e.Close(context.Background()) }()
	loaded = e
	return m.Run()
}
