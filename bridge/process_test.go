package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// childVariable names the child that this process is to be.
const childVariable = "MTOK_TEST_CHILD"

// children are programs of their own, because a process has one interpreter and
// one set of signal handlers.
var children = map[string]func(context.Context) error{
	"hello":        childHello,
	"signals":      childSignals,
	"terminate":    childTerminate,
	"stuck":        childStuck,
	"overload":     childOverload,
	"wait":         childWait,
	"other python": childOtherPython,
	"broken shim":  childBrokenShim,
	"impatient":    childImpatient,
	"workers":      childWorkers,
	"poisoned":     childPoisoned,
	"no worker":    childNoWorker,
	"limits":       childLimits,
	"hub":          childHub,

	"offline":       childOffline,
	"offline later": childOfflineLater,
}

func runChild(name string) int {
	f := children[name]
	if f == nil {
		fmt.Fprintln(os.Stderr, "no such child:", name)
		return 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*guard)
	defer cancel()
	if err := f(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "child %s: %v\n", name, err)
		return 1
	}
	fmt.Println(wentWell)
	return 0
}

// otherwise says that something came out otherwise than it had to: also that it went well.
func otherwise(what string, err error) error {
	if err == nil {
		return fmt.Errorf("%s: no error", what)
	}
	return fmt.Errorf("%s: %w", what, err)
}

const wentWell = "child went well"

// cacheDir is where the environment of this test run is.
func cacheDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("MTOK_CACHE"); dir != "" {
		return dir
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "mistralbridge")
	}
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	return filepath.Join(home, ".cache", "mistralbridge")
}

// child is the command of a child with an environment of PATH, the cache and env.
func child(t *testing.T, name string, env ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "MTOK_CACHE=" + cacheDir(t), childVariable + "=" + name}
	if python := os.Getenv("MTOK_PYTHON"); python != "" {
		cmd.Env = append(cmd.Env, "MTOK_PYTHON="+python)
	}
	if backend := os.Getenv(backendVariable); backend != "" {
		cmd.Env = append(cmd.Env, backendVariable+"="+backend)
	}
	cmd.Env = append(cmd.Env, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

func runInChild(t *testing.T, name string, env ...string) {
	t.Helper()
	t.Parallel()
	cmd, out := child(t, name, env...)
	require.NoError(t, cmd.Run(), out)
	require.Contains(t, out.String(), wentWell)
}

// hello is the shortest use of the library.
func hello(ctx context.Context, opts ...bridge.Option) (*bridge.Runtime, error) {
	rt, err := bridge.Open(ctx, append(options(), opts...)...)
	if err != nil {
		return nil, err
	}
	tok, err := rt.Load(ctx, bridge.Shipped("v3"))
	if err != nil {
		return nil, err
	}
	out, err := tok.EncodeChat(ctx, user("Déjà"))
	if err != nil {
		return nil, err
	}
	if got := fmt.Sprint(out.Tokens); got != "[1 3 19601 24564 4]" {
		return nil, errors.New("other tokens: " + got)
	}
	return rt, nil
}

// oneAtATime adds that there is one worker, for tests that go by the order of calls.
func oneAtATime(opts ...bridge.Option) []bridge.Option {
	if testWorkers() > 0 {
		opts = append(opts, bridge.WithWorkers(1))
	}
	return opts
}

func childHello(ctx context.Context) error {
	rt, err := hello(ctx)
	if err != nil {
		return err
	}
	return rt.Close(ctx)
}

func TestOpen_environ(t *testing.T) {
	for name, env := range map[string][]string{
		"nothing exported":       nil,
		"HOME that is not there": {"HOME=/nonexistent"},
		"PYTHONHOME":             {"PYTHONHOME=/nonexistent"},
		"PYTHONPATH":             {"PYTHONPATH=" + "testdata/poison"},
		"PYTHONOPTIMIZE":         {"PYTHONOPTIMIZE=2"},
		"PYTHONSTARTUP and more": {"PYTHONSTARTUP=/nonexistent", "PYTHONPLATLIBDIR=nowhere", "PYTHONIOENCODING=ascii", "PYTHONWARNINGS=error", "PYTHONMALLOC=debug", "PYTHONDONTWRITEBYTECODE=1"},
		"another locale":         {"LC_ALL=C", "LANG=xx_YY", "PYTHONUTF8=0"},
		"one processor":          {"GOMAXPROCS=1"},
	} {
		t.Run(name, func(t *testing.T) { runInChild(t, "hello", env...) })
	}
}
