package openapi_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

var loaded *engine.Engine

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	e, err := engine.Open(ctx, engine.Options{
		Models: []engine.ModelSpec{{Source: bridge.Shipped("v3-tekken"), Name: "m"}},
		Open: func(ctx context.Context) (*bridge.Runtime, error) {
			return bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.RegisteredBodyDecoder("text/plain"))
	defer func() { _ = e.Close(context.Background()) }()
	loaded = e
	return m.Run()
}
