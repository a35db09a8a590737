package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
)

// Runtime is a view of the process's Python interpreter. All methods may be
// called from any number of goroutines; calls into Python run one after another
// on the interpreter's own OS thread, in the order in which they came. With
// WithWorkers it is a view of worker processes: calls run beside each other, and
// the short ones first.
type Runtime struct {
	backend backend
	client  client
	log     *slog.Logger
	fetcher Fetcher // nil: nothing is fetched
	offline bool
	handles handles

	maxInput int // bytes; 0: any
	closing  sync.Once
}

// Open finds or builds the Python environment, starts the interpreter and
// returns a Runtime. The first Open of a process takes seconds, in which Python
// imports the reference; a later one attaches to the same interpreter, or fails
// with a *ConfigError if it asks for another.
//
// With a Distribution and an empty cache it uses the network: it installs the locked
// packages, see WithDistribution. WithProgress reports it; Setup does it beforehand;
// WithOffline forbids it.
//
// # Errors
//
//   - *UnsupportedError: this build, or this system, cannot run Python so; nothing was looked for
//   - *NotFoundError, *ProbeError, *MissingPackageError: no usable Python, or not the one named
//   - *OfflineError: the packages would have to be fetched, and may not be
//   - *InstallError, *HashError, *IncompleteLockError, *CacheError: the environment was not built
//   - *BundleError: a bundle that is damaged, or for another platform or version
//   - *DamagedError: a file of the environment would end the process
//   - *ConfigError: the process already runs another interpreter, or other workers
//   - ErrStatic: the program is linked statically, and WithWorkers was not given
//   - ErrCrashLoop: workers die one after another
//   - the error of ctx. What was begun continues, and the next Open finds it
//   - what an Option refuses
//
// # Concurrency
//
// Open may be called from any number of goroutines, any number of times: the first starts
// Python, the others wait for it and attach. Without WithWorkers a process has one interpreter,
// on one OS thread, for as long as it lives; open with WithWorkers to use more processors.
func Open(ctx context.Context, opts ...Option) (*Runtime, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	b, err := attach(ctx, c)
	if err != nil {
		return nil, outward(err)
	}
	info := b.about()
	for _, f := range append(unsupportedPackages(info.Packages, "sentencepiece", "soundfile"), outdated(info.Packages)...) {
		c.log.Warn(f.Text)
	}
	c.log.Debug("python is ready", "version", info.Python, "executable", info.Executable, "source", info.Source)
	return &Runtime{
		backend: b, client: b.newClient(), log: c.log, maxInput: c.maxInput, fetcher: c.fetcher,
		offline: c.env.Offline || b.offline(),
	}, nil
}

// Close refuses new calls, waits until those under way have come back, and
// gives back the tokenizers that are still open. When ctx ends first, queued
// calls fail with ErrClosed, the running one is left to itself, and the error
// says so: Close never waits for Python. The interpreter stays, for a later
// Open; workers end with the last Runtime that has them, and what they still run
// is killed. Closing again does nothing.
func (rt *Runtime) Close(ctx context.Context) error {
	err := rt.client.Close(ctx)
	open := rt.handles.takeAll()
	// Giving back is no call of anybody's: it goes on behind Close if it must.
	last := rt.backend.newClient()
	for _, h := range open {
		unload, uerr := last.Submit(context.Background(), job.Job{Frame: unloadFrame(h), Full: job.Refuse})
		if uerr != nil || err != nil {
			continue
		}
		err = unload.Wait(ctx)
	}
	rt.closing.Do(func() {
		if rerr := rt.backend.release(ctx); err == nil {
			err = rerr
		}
	})
	if err != nil {
		return fmt.Errorf("bridge: close: %w", outward(err))
	}
	return nil
}
