//go:build browser

package page_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// loaded has a tokenizer of each kind, and one of a model whose length is known.
var loaded *engine.Engine

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	small, err := os.MkdirTemp("", "small")
	if err == nil {
		defer func() { _ = os.RemoveAll(small) }()
		err = os.WriteFile(filepath.Join(small, "config.json"), []byte(`{"max_position_embeddings": 8}`), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	e, err := engine.Open(ctx, engine.Options{
		Models: []engine.ModelSpec{
			{Source: bridge.Shipped("v3-tekken"), Name: "tekken"},
			{Source: bridge.Shipped("v3"), Name: "spm"},
			{Source: bridge.Shipped("v3-tekken"), Path: small, Name: "small"},
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
	defer func() { stopChromium() }()
	return m.Run()
}
