package bridge

import (
	"cmp"
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
	env  *pyenv.Environment
	exec *executor.Executor
	opts executor.Options
	info Info
	err  error // why it cannot be used: initialisation broke off half-way

	openings  *openings
	shortcuts shortcuts
}

// process is the only state of the package: the interpreter, guarded by a
// one-place semaphore, so that waiting for it can end with a context.
var process = struct {
	sem    chan struct{}
	interp *interpreter
}{sem: make(chan struct{}, 1)}

// ConfigError says that the process runs another interpreter than the one asked
// for. One process has one: use it, or start another process.
type ConfigError struct{ Have, Want string }

func (e *ConfigError) Error() string {
	return fmt.Sprintf("bridge: this process already runs %s; a second Open asked for %s: open with the same, or in another process",
		e.Have, e.Want)
}

func attach(ctx context.Context, c *config) (*interpreter, error) {
	select {
	case process.sem <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p := process.interp; p != nil {
		defer func() { <-process.sem }()
		return p, p.accepts(ctx, c)
	}
	env, err := pyenv.Resolve(ctx, c.env)
	if err != nil {
		<-process.sem
		return nil, err
	}
	// What was begun goes on when ctx ends: the next Open finds it, finished.
	var p *interpreter
	launched := make(chan struct{})
	go func() {
		defer close(launched)
		p, err = launch(context.WithoutCancel(ctx), env, c)
		process.interp = p
		<-process.sem
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
	if (c.exec.Queue != 0 && c.exec.Queue != p.queue()) || (c.exec.WaitWhenFull && !p.opts.WaitWhenFull) ||
		(c.exec.Spin != executor.Spin{} && c.exec.Spin != p.opts.Spin) {
		return &ConfigError{Have: describeExec(p.opts), Want: describeExec(c.exec)}
	}
	if !p.shortcuts.agrees(c.shortcuts) {
		return &ConfigError{Have: p.shortcuts.String(), Want: c.shortcuts.String()}
	}
	if c.env.Python == "" {
		return nil
	}
	env, err := pyenv.Resolve(ctx, c.env)
	if err != nil {
		return err
	}
	if env.Interpreter.Executable != p.env.Interpreter.Executable {
		return &ConfigError{Have: p.env.Interpreter.String(), Want: env.Interpreter.String()}
	}
	return nil
}

func describeExec(o executor.Options) string {
	return fmt.Sprintf("queue %d, wait when full %t, spin %v/%v", cmp.Or(o.Queue, executor.DefaultQueue), o.WaitWhenFull, o.Spin.Executor, o.Spin.Caller)
}

func (p *interpreter) queue() int { return cmp.Or(p.opts.Queue, executor.DefaultQueue) }

// launch starts the interpreter on a thread of its own. A returned interpreter
// with an error is one that broke in the middle, and no other can follow it.
func launch(ctx context.Context, env *pyenv.Environment, c *config) (*interpreter, error) {
	cfg, err := bootConfig(env, c.patch)
	if err != nil {
		return nil, err
	}
	var said []byte
	c.exec.Doorbell, c.exec.Class = new(cpython.Bell), jobClass
	opened := new(openings)
	exec, err := executor.Start(ctx, func() (executor.Engine, error) {
		t, info, err := cpython.Start(cfg)
		if err != nil {
			return nil, err
		}
		said = info
		return engine{t, opened}, nil
	}, c.exec)
	if err != nil {
		err = fmt.Errorf("bridge: start %s: %w", env.Interpreter, err)
		if !cpython.Started() {
			return nil, err
		}
		return &interpreter{err: err}, err
	}
	p := &interpreter{env: env, exec: exec, opts: c.exec, openings: opened}
	if err := json.Unmarshal(said, &p.info); err != nil {
		p.err = fmt.Errorf("%w: info: %w", ErrInternal, err)
		return p, p.err
	}
	p.info.Library, p.info.Source = env.Interpreter.Library, env.Source
	p.shortcuts = c.shortcuts
	p.err = c.shortcuts.apply(ctx, exec)
	return p, p.err
}

func bootConfig(env *pyenv.Environment, patch func(map[string]string)) (cpython.Config, error) {
	sources, bootstrap, err := pyshim.Sources()
	if err != nil {
		return cpython.Config{}, err
	}
	if patch != nil {
		patch(sources)
	}
	i := env.Interpreter
	boot, err := json.Marshal(map[string]any{
		"sources": sources,
		"codec":   wire.Version,
		"expect":  map[string]string{"version_prefix": i.Version, "prefix": i.Prefix, "executable": i.Executable},
	})
	return cpython.Config{
		Library: i.Library, Program: i.Executable, Source: bootstrap, Filename: "pyshim/" + pyshim.Bootstrap, Boot: boot,
	}, err
}

// jobClass tells jobs apart that take different times: by operation and size.
func jobClass(frame []byte) uint8 {
	return uint8(wire.OpOf(frame))<<5 | uint8(bits.Len(uint(len(frame))))&31
}

// engine runs jobs on the interpreter's thread.
type engine struct {
	*cpython.Thread
	openings *openings
}

// Call guards the operations that import modules, because an import may
// install signal handlers over Go's.
func (e engine) Call(frame []byte, reply *wire.Reply) error {
	switch wire.OpOf(frame) {
	case wire.OpLoad, wire.OpLoadRaw, wire.OpLoadVLLM:
		o := e.openings.take(frame)
		if _, err := e.CallGuarded(frame, reply); err != nil {
			return err
		}
		if id := openedHandle(reply); id != 0 && o != nil && !o.arrived(id) {
			return e.Thread.Call(unloadFrame(id), new(wire.Reply)) // nobody is there any more
		}
		return nil
	}
	return e.Thread.Call(frame, reply)
}
