package bridge

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// processConfig is what the backend of this process was started with. Later Opens
// share the backend if their options are compatible.
type processConfig struct {
	env       *pyenv.Environment
	opts      executor.Options
	shortcuts shortcuts
	media     mediaLimits
	workers   workerOptions
	noNetwork bool
}

func newProcessConfig(env *pyenv.Environment, c *config) processConfig {
	return processConfig{env: env, opts: c.exec, shortcuts: c.shortcuts, media: c.media, workers: c.workers, noNetwork: c.env.Offline}
}

// checkCompatible reports why a later Open cannot share the backend.
func (p *processConfig) checkCompatible(ctx context.Context, c *config) error {
	if (c.exec.Queue != 0 && c.exec.Queue != p.queue()) || (c.exec.WaitWhenFull && !p.opts.WaitWhenFull) ||
		(c.exec.Spin != executor.Spin{} && c.exec.Spin != p.opts.Spin) {
		return &ConfigError{Have: describeExec(p.opts), Want: describeExec(c.exec)}
	}
	if !p.shortcuts.compatible(c.shortcuts) {
		return &ConfigError{Have: p.shortcuts.String(), Want: c.shortcuts.String()}
	}
	if !p.media.compatible(c.media) {
		return &ConfigError{Have: p.media.String(), Want: c.media.String()}
	}
	if !p.workers.compatible(c.workers) {
		return &ConfigError{Have: p.workers.String(), Want: c.workers.String()}
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

// offline reports whether Python was started without the network.
func (p *processConfig) offline() bool { return p.noNetwork }

func describeExec(o executor.Options) string {
	return fmt.Sprintf("queue %d, wait when full %t, spin %v/%v", cmp.Or(o.Queue, job.DefaultQueue), o.WaitWhenFull, o.Spin.Executor, o.Spin.Caller)
}

func (p *processConfig) queue() int { return cmp.Or(p.opts.Queue, job.DefaultQueue) }
