package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// tok is the tokenizer of the tests.
var tok *bridge.Tokenizer

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx := context.Background()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		return 0, err
	}
	if tok, err = rt.Load(ctx, bridge.Shipped("v3-tekken")); err != nil {
		return 0, err
	}
	code = m.Run()
	return code, rt.Close(ctx)
}
