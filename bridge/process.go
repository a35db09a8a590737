package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"math/bits"

	"github.com/mistralbridge/mistralbridge/bridge/internal/cpython"
	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/pyshim"
)

// interpreter is the one that a process can have. It is never finalised: a
// Runtime that opens later attaches to it.
type interpreter struct {
	processConfig
	exec    *executor.Executor
	info    Info
	err     error // why it cannot be used: initialisation broke off half-way
	signals *restoredSignals
}

// process is the only state of the package: what this process runs, guarded by a
// one-place semaphore, so that waiting for it can end with a context.
var process = state{sem: make(chan struct{}, 1)}

type state struct {
	sem     chan struct{}
	interp  *interpreter
	workers *workers
}

func (s *state) lock(ctx context.Context) error {
	select {
	case s.sem <- struct{}{}: // it is free: then ctx does not matter
		return nil
	default:
	}
	select {
	case s.sem <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *state) unlock() { <-s.sem }

// ConfigError says that the process runs another interpreter than the one asked
// for. One process has one: use it, or start another process.
type ConfigError struct {
	Have string // the interpreter and the settings that the process runs with
	Want string // what the later Open asked for
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("bridge: this process already runs %s; a second Open asked for %s: open with the same, or in another process",
		e.Have, e.Want)
}

func attachEmbedded(ctx context.Context, c *config) (*interpreter, error) {
	if err := process.lock(ctx); err != nil {
		return nil, err
	}
	if p := process.interp; p != nil {
		defer process.unlock()
		return p, p.accepts(ctx, c)
	}
	env, err := pyenv.Resolve(ctx, c.env)
	if err != nil {
		process.unlock()
		return nil, err
	}
	// What was begun continues when ctx ends: the next Open finds it, finished.
	var p *interpreter
	launched := make(chan struct{})
	go func() {
		defer close(launched)
		p, err = launch(context.WithoutCancel(ctx), env, c)
		process.interp = p
		process.unlock()
	}()
	select {
	case <-launched:
		return p, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// accepts reports why a later Open cannot have this interpreter.
func (p *interpreter) accepts(ctx context.Context, c *config) error {
	if p.err != nil {
		return p.err
	}
	return p.checkCompatible(ctx, c)
}

// launch starts the interpreter on a thread of its own. A returned interpreter
// with an error is one that broke in the middle, and no other can follow it.
func launch(ctx context.Context, env *pyenv.Environment, c *config) (*interpreter, error) {
	cfg, err := bootConfig(env, c)
	if err != nil {
		return nil, err
	}
	var said []byte
	c.exec.Doorbell, c.exec.Class = new(cpython.Bell), jobClass
	signals := new(restoredSignals)
	exec, err := executor.Start(ctx, func() (executor.Engine, error) {
		t, info, err := cpython.Start(cfg)
		if err != nil {
			return nil, err
		}
		said = info
		return &cpython.Engine{Thread: t, Restored: signals.add}, nil
	}, c.exec)
	if err != nil {
		err = fmt.Errorf("bridge: start %s: %w", env.Interpreter, err)
		if !cpython.Started() {
			return nil, err
		}
		return &interpreter{err: err}, err
	}
	p := &interpreter{processConfig: newProcessConfig(env, c), exec: exec, signals: signals}
	if err := json.Unmarshal(said, &p.info); err != nil {
		p.err = fmt.Errorf("%w: info: %w", ErrInternal, err)
		return p, p.err
	}
	p.info.Library, p.info.Source = env.Interpreter.Library, env.Source
	if p.err = c.shortcuts.apply(ctx, exec); p.err == nil {
		p.err = c.media.apply(ctx, exec)
	}
	return p, p.err
}

func bootConfig(env *pyenv.Environment, c *config) (cpython.Config, error) {
	sources, bootstrap, err := pyshim.Sources()
	if err != nil {
		return cpython.Config{}, err
	}
	if c.patch != nil {
		c.patch(sources)
	}
	i := env.Interpreter
	boot, err := json.Marshal(map[string]any{
		"sources": sources,
		"codec":   wire.Version,
		"offline": c.env.Offline,
		"expect":  map[string]string{"version_prefix": i.Version, "prefix": i.Prefix, "executable": i.Executable},
	})
	return cpython.Config{
		Library: i.Library, Program: i.Executable, Source: bootstrap, Filename: "pyshim/" + pyshim.Bootstrap, Boot: boot,
	}, err
}

// jobClass distinguishes jobs that take different times: by operation and size.
func jobClass(frame []byte) uint8 {
	return uint8(wire.OpOf(frame))<<5 | uint8(bits.Len(uint(len(frame))))&31
}
