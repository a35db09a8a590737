package llmd_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/integrations/llmd"
	"github.com/mistralbridge/mistralbridge/integrations/llmd/internal/serve"
)

// What the tests share: the program, a server with two names for its model, and the same
// tokenizer in this process.
var (
	program string
	shared  *serve.Server
	local   *llmd.Local
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "llmd-")
	if err != nil {
		panic(err)
	}
	code, err := run(dir, m)
	_ = os.RemoveAll(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(dir string, m *testing.M) (int, error) {
	ctx := context.Background()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		return 1, err
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped("v3-tekken"))
	if err != nil {
		return 1, err
	}
	if local, err = llmd.NewLocal(tok, 2048, "m", "alias"); err != nil {
		return 1, err
	}
	if program, err = serve.Build(ctx, "../..", dir); err != nil {
		return 1, err
	}
	if shared, err = serve.Start(ctx, program, model, "--max-model-len", "2048"); err != nil {
		return 1, err
	}
	defer shared.Stop()
	return m.Run(), nil
}

// model is the flag that the servers of these tests begin with.
const model = "--model=v3-tekken=m=alias"
