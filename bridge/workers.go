package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// workers are the worker processes of this one. They live from the first Open that
// asks for them until the last Runtime of them has closed.
type workers struct {
	processConfig
	pool  *pool.Pool
	info  Info
	users int // guarded by the process's semaphore
}

func attachWorkers(ctx context.Context, c *config) (backend, error) {
	if err := process.lock(ctx); err != nil {
		return nil, err
	}
	defer process.unlock()
	w := process.workers
	if w != nil {
		if err := w.checkCompatible(ctx, c); err != nil {
			return nil, err
		}
	} else {
		env, err := pyenv.Resolve(ctx, c.env)
		if err != nil {
			return nil, err
		}
		if w, err = startWorkers(ctx, env, c); err != nil {
			return nil, fmt.Errorf("bridge: start %s: %w", env.Interpreter, err)
		}
		process.workers = w
	}
	w.users++
	return w, nil
}

func startWorkers(ctx context.Context, env *pyenv.Environment, c *config) (*workers, error) {
	cfg, err := bootConfig(env, c)
	if err != nil {
		return nil, err
	}
	boot, err := json.Marshal(map[string]string{"bootstrap": cfg.Source, "config": string(cfg.Boot)})
	if err != nil {
		return nil, err
	}
	w := &workers{processConfig: newProcessConfig(env, c)}
	shortcuts, err := c.shortcuts.frame()
	if err != nil {
		return nil, err
	}
	media, err := c.media.frame()
	if err != nil {
		return nil, err
	}
	w.pool, err = pool.Start(ctx, pool.Options{
		Python: env.Interpreter.Executable, Env: os.Environ(), Boot: boot,
		Workers: c.workers.n, Memory: c.workers.memory, TimeLimit: c.workers.timeLimit, Gather: c.workers.gather,
		Queue: c.exec.Queue, WaitWhenFull: c.exec.WaitWhenFull,
		Settings: [][]byte{shortcuts, media}, Log: c.log,
	})
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(w.pool.Info(), &w.info); err != nil {
		return nil, fmt.Errorf("%w: info: %w", ErrInternal, err)
	}
	w.info.Library, w.info.Source = env.Interpreter.Library, env.Source
	return w, nil
}

func (w *workers) newClient() client { return w.pool.NewClient() }

func (w *workers) about() Info { return w.info }

func (w *workers) ready() error { return w.pool.Ready() }

func (w *workers) admit() error { return w.pool.Admit() }

// logSignals has nothing to log: in workers signals are Python's.
func (w *workers) logSignals(*slog.Logger) {}

func (w *workers) parallel() int { return w.workers.n }

// release ends the processes with their last Runtime.
func (w *workers) release(ctx context.Context) error {
	if err := process.lock(ctx); err != nil {
		// The semaphore is held by an Open, which ends.
		go func() {
			_ = process.lock(context.Background())
			defer process.unlock()
			_ = w.left(ctx)
		}()
		return err
	}
	defer process.unlock()
	return w.left(ctx)
}

func (w *workers) left(ctx context.Context) error {
	w.users--
	if w.users > 0 {
		return nil
	}
	process.workers = nil
	return w.pool.Close(ctx)
}

func (w *workers) stats() Stats {
	s := w.pool.Stats()
	out := Stats{
		Submitted: s.Submitted, Completed: s.Completed, Failed: s.Failed, Cancelled: s.Cancelled,
		Dropped: s.Dropped, Overloaded: s.Overloaded,
		Depth: s.Depth, MaxDepth: s.MaxDepth, Running: s.Running,
		WaitTotal: s.WaitTotal, WaitMax: s.WaitMax, RunTotal: s.RunTotal, RunMax: s.RunMax,
		WorkersStarted: s.Forks, WorkersKilled: s.Killed, WorkersCrashed: s.Crashes,
		WorkersWanted: s.Wanted, WorkersFailed: s.Unmade,
	}
	for _, one := range s.Workers {
		out.Workers = append(out.Workers, WorkerStats(one))
	}
	return out
}
