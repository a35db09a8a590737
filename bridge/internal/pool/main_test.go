package pool_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mistralbridge/mistralbridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/pyshim"
)

//go:embed testdata/faults.py
var faults string

// The operations of testdata/faults.py.
const (
	opPID wire.Op = wire.OpTest + iota
	opFault
	opSleep
	opEcho
	opAllocate
	opGate
)

var python string

func TestMain(m *testing.M) {
	if os.Getenv(orphanVariable) != "" {
		os.Exit(runParent())
	}
	env, err := pyenv.Setup(context.Background(), pyenv.Options{Distribution: bundled.Python(), Requirements: mistralbridge.Requirements})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	python = env.Interpreter.Executable
	goleak.VerifyTestMain(m)
}

func options() pool.Options {
	sources, bootstrap, err := pyshim.Sources()
	if err != nil {
		panic(err)
	}
	sources["pyshim/faults.py"] = faults
	sources["pyshim/dispatch.py"] += "\nfrom pyshim import faults as _faults  # noqa\n"
	config, err := json.Marshal(map[string]any{"sources": sources, "codec": wire.Version})
	if err != nil {
		panic(err)
	}
	boot, err := json.Marshal(map[string]string{"bootstrap": bootstrap, "config": string(config)})
	if err != nil {
		panic(err)
	}
	return pool.Options{Python: python, Env: os.Environ(), Boot: boot, Workers: 2}
}

// start opens a pool for the length of the test.
func start(t testing.TB, change func(*pool.Options)) (*pool.Pool, *pool.Client) {
	t.Helper()
	o := options()
	o.Log = slog.New(slog.NewTextHandler(writer{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if os.Getenv("MTOK_TEST_VERBOSE") == "" {
		o.Log = nil
	}
	if change != nil {
		change(&o)
	}
	p, err := pool.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), guard)
		defer cancel()
		require.NoError(t, p.Close(ctx))
	})
	return p, p.NewClient()
}

type writer struct{ t testing.TB }

func (w writer) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func frame(op wire.Op, handle uint32, arg int32, body string) job.Job {
	return job.Job{Frame: wire.Frame(wire.Header{Op: op, Handle: handle, Arg: arg}, body)}
}

func load(t testing.TB, c *pool.Client, body string) uint32 {
	t.Helper()
	r, err := c.Do(t.Context(), frame(wire.OpLoad, 0, -1, body))
	require.NoError(t, err)
	require.Equal(t, wire.StatusOK, r.Status, string(r.Body))
	var got struct{ H uint32 }
	require.NoError(t, json.Unmarshal(r.Body, &got))
	return got.H
}

const helloRequest = `{"messages":[{"role":"user","content":"Hello"}]}`

// hello is a call that works, with the tokens it must have.
func hello(t testing.TB, c *pool.Client, handle uint32) {
	t.Helper()
	r, err := c.Do(t.Context(), frame(wire.OpEncodeChat, handle, -1, helloRequest))
	require.NoError(t, err)
	require.Equal(t, []int32{1, 3, 23325, 4}, r.Ints, string(r.Body))
}

// pidOf asks a worker who it is.
func pidOf(t testing.TB, c *pool.Client) int {
	t.Helper()
	r, err := c.Do(t.Context(), frame(opPID, 0, 0, ""))
	require.NoError(t, err)
	return int(r.Aux)
}
