package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

func TestRuntime_Close_pythonStuck(t *testing.T) { runInChild(t, "stuck") }

func childStuck(ctx context.Context) error {
	rt, err := hello(ctx, oneAtATime(bridge.WithTestOps())...)
	if err != nil {
		return err
	}
	stuck := rt.SendAsync(ctx, bridge.OpForever, 0, "")
	queued := rt.SendAsync(ctx, bridge.OpSleep, 0, "")
	for rt.Stats().Running == 0 {
		time.Sleep(time.Millisecond)
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	err = rt.Close(short) // which never waits for Python
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 running, 1 left") {
		return otherwise("close", err)
	}
	for _, f := range []interface{ Result() (string, error) }{stuck, queued} {
		if _, err := f.Result(); !errors.Is(err, bridge.ErrClosed) {
			return otherwise("outcome", err)
		}
	}
	again, err := bridge.Open(ctx, append(options(), oneAtATime()...)...)
	if err != nil {
		return err
	}
	if testWorkers() > 0 { // what was stuck has ended with its Runtime, and nobody waits for it
		tok, err := again.Load(ctx, bridge.Shipped("v3"))
		if err != nil {
			return err
		}
		if n, err := tok.Count(ctx, user("Hello")); err != nil || n != 4 {
			return otherwise(fmt.Sprint("count: ", n), err)
		}
		return again.Close(ctx)
	}
	// The interpreter is still busy; a later Runtime waits as long as its context allows.
	short, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if _, err := again.Load(short, bridge.Shipped("v3")); !errors.Is(err, context.DeadlineExceeded) {
		return otherwise("load", err)
	}
	return again.Close(ctx)
}

func TestWithQueue_full(t *testing.T) { runInChild(t, "overload") }

func childOverload(ctx context.Context) error {
	rt, err := hello(ctx, oneAtATime(bridge.WithTestOps(), bridge.WithQueue(2))...)
	if err != nil {
		return err
	}
	g, err := childGate()
	if err != nil {
		return err
	}
	running := rt.SendAsync(ctx, bridge.OpGate, 0, g.path)
	if err := g.begun(); err != nil {
		return err
	}
	if err := rt.Admit(); err != nil {
		return otherwise("a queue with places", err)
	}
	first, second := rt.SendAsync(ctx, bridge.OpSleep, 0, ""), rt.SendAsync(ctx, bridge.OpSleep, 0, "")
	if err := rt.Admit(); !errors.Is(err, bridge.ErrOverloaded) {
		return otherwise("a queue without a place", err)
	}
	if _, err := rt.Send(ctx, bridge.OpSleep, 0, ""); !errors.Is(err, bridge.ErrOverloaded) {
		return otherwise("third in a queue of two", err)
	}
	if _, err := rt.SendAsync(ctx, bridge.OpSleep, 0, "").Await(ctx); !errors.Is(err, bridge.ErrOverloaded) {
		return otherwise("fourth in a queue of two", err)
	}
	if err := g.open(); err != nil {
		return err
	}
	for _, f := range []interface {
		Await(context.Context) (string, error)
	}{running, first, second} {
		if _, err := f.Await(ctx); err != nil {
			return err
		}
	}
	if err := rt.Admit(); err != nil {
		return otherwise("a queue with places again", err)
	}
	if n := rt.Stats().Overloaded; n != 3 {
		return fmt.Errorf("%d were overloaded", n)
	}
	return rt.Close(ctx)
}

func TestWithWaitWhenFull(t *testing.T) { runInChild(t, "wait") }

func childWait(ctx context.Context) error {
	rt, err := hello(ctx, oneAtATime(bridge.WithTestOps(), bridge.WithQueue(1), bridge.WithWaitWhenFull())...)
	if err != nil {
		return err
	}
	view, err := bridge.Open(ctx, append(options(), oneAtATime()...)...)
	if err != nil {
		return otherwise("an Open that asks for nothing", err)
	}
	if err := view.Close(ctx); err != nil {
		return err
	}
	g, err := childGate()
	if err != nil {
		return err
	}
	rt.SendAsync(ctx, bridge.OpGate, 0, g.path)
	if err := g.begun(); err != nil {
		return err
	}
	rt.SendAsync(ctx, bridge.OpSleep, 0, "")
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := rt.Send(short, bridge.OpSleep, 0, ""); !errors.Is(err, context.DeadlineExceeded) {
		return otherwise("while full", err)
	}
	if err := g.open(); err != nil {
		return err
	}
	if _, err := rt.Send(ctx, bridge.OpSleep, 0, ""); err != nil {
		return err
	}
	return rt.Close(ctx)
}

// anotherPython makes a virtual environment beside the one that is open.
func anotherPython(t *testing.T) string {
	t.Helper()
	dir, info := t.TempDir(), shared.Info()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o700))
	config, err := os.ReadFile(filepath.Join(info.Prefix, "pyvenv.cfg"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pyvenv.cfg"), config, 0o600))
	require.NoError(t, os.Symlink(filepath.Join(info.Prefix, "lib"), filepath.Join(dir, "lib")))
	real, err := filepath.EvalSymlinks(info.Executable)
	require.NoError(t, err)
	python := filepath.Join(dir, "bin", "python")
	require.NoError(t, os.Symlink(real, python))
	return python
}

func TestOpen_secondPython(t *testing.T) {
	runInChild(t, "other python", "MTOK_TEST_OTHER="+anotherPython(t))
}

func childOtherPython(ctx context.Context) error {
	rt, err := hello(ctx)
	if err != nil {
		return err
	}
	other := os.Getenv("MTOK_TEST_OTHER")
	_, err = bridge.Open(ctx, append(options(), bridge.WithPython(other))...)
	var ce *bridge.ConfigError
	if !errors.As(err, &ce) || !strings.Contains(ce.Want, other) || !strings.Contains(ce.Have, rt.Info().Executable) {
		return otherwise("second open", err)
	}
	return rt.Close(ctx)
}

func TestOpen_anotherPython(t *testing.T) {
	runInChild(t, "hello", "MTOK_PYTHON="+anotherPython(t))
}

func TestOpen_brokenShim(t *testing.T) { runInChild(t, "broken shim") }

func childBrokenShim(ctx context.Context) error {
	for range 2 { // the interpreter is used up: the second Open says the same
		_, err := bridge.Open(ctx, append(options(), bridge.WithBrokenShim("raise SystemExit('half of a pair: \\ud800')"))...)
		if err == nil || !strings.Contains(err.Error(), "start pyshim: SystemExit") {
			return otherwise("open", err)
		}
	}
	return nil
}

// An Open that was not waited for leaves a good interpreter behind.
func TestOpen_cancelled(t *testing.T) { runInChild(t, "impatient") }

func childImpatient(ctx context.Context) error {
	for wait := time.Duration(0); wait < guard; wait = 2*wait + time.Millisecond {
		short, cancel := context.WithTimeout(ctx, wait)
		_, err := bridge.Open(short, options()...)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	return childHello(ctx)
}

// A Python that cannot be embedded is refused before it can end the process.
func TestOpen_unusablePython(t *testing.T) {
	info := shared.Info()
	real, err := filepath.EvalSymlinks(info.Executable)
	require.NoError(t, err)
	program, err := os.ReadFile(real)
	require.NoError(t, err)
	broken := func(lib ...string) string {
		dir := t.TempDir()
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "bin"), 0o700))
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "lib"), 0o700))
		python := filepath.Join(dir, "bin", filepath.Base(real))
		require.NoError(t, os.WriteFile(python, program, 0o700))
		for _, path := range lib {
			require.NoError(t, os.Symlink(path, filepath.Join(dir, "lib", filepath.Base(path))))
		}
		return python
	}
	script := filepath.Join(t.TempDir(), "python")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\necho hello\n"), 0o700))
	for name, c := range map[string]struct {
		python string
		kind   error
	}{
		"no standard library": {broken(info.Library), pyenv.ErrPythonCrashed},
		"no shared library":   {broken(filepath.Join(filepath.Dir(info.Library), filepath.Base(real))), pyenv.ErrNoSharedLibrary},
		"no Python":           {script, pyenv.ErrNotPython},
		"nothing":             {"/nonexistent/python", pyenv.ErrPythonNotFound},
		"a text":              {filepath.Join(info.Prefix, "pyvenv.cfg"), pyenv.ErrNotExecutable},
	} {
		t.Run(name, func(t *testing.T) {
			python := c.python
			_, err := bridge.FindEnvironment(t.Context(), append(options(), bridge.WithPython(python))...)
			var pe *bridge.ProbeError
			var missing *bridge.MissingPackageError
			if errors.As(err, &missing) && exec.Command(python, "-I", "-c", "").Run() == nil {
				return // one with its place compiled in is not broken by being moved
			}
			require.ErrorAs(t, err, &pe)
			require.ErrorIs(t, err, c.kind)
			assert.Contains(t, err.Error(), python)
			_, err = bridge.Open(t.Context(), append(options(), bridge.WithPython(python))...)
			require.ErrorAs(t, err, &pe, "also when another is running")
		})
	}
	t.Run("without mistral-common", func(t *testing.T) {
		base, err := exec.Command(info.Executable, "-I", "-c", "import sys; print(sys.base_prefix)").Output()
		require.NoError(t, err)
		python := filepath.Join(strings.TrimSpace(string(base)), "bin", "python3")
		_, err = bridge.FindEnvironment(t.Context(), append(options(), bridge.WithPython(python))...)
		var missing *bridge.MissingPackageError
		require.ErrorAs(t, err, &missing)
	})
	nextCallWorks(t)
}
