package bridge

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/mistralbridge/mistralbridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// Option configures Open and Setup.
type Option func(*config) error

// Distribution is a CPython carried in the program; package bundled has one.
type Distribution interface {
	// Key names the content and is fit to name a directory.
	Key() string
	// Unpack writes bin/python3, lib and so on below dir, which is absent or empty.
	Unpack(ctx context.Context, dir string) error
	// UnpackPip writes below dir what has to be on the module path to run pip.
	UnpackPip(ctx context.Context, dir string) error
}

// Progress is one step of building an environment. Done and Total count packages
// in the stage "install" and are 0 in the others.
type Progress struct {
	Stage       string // wait, unpack, venv, install, verify or pack
	Text        string
	Done, Total int
}

type config struct {
	env  pyenv.Options
	exec executor.Options
	log  *slog.Logger

	workers  workerOptions
	maxInput int

	patch     func(sources map[string]string) // of pyshim; only tests have one
	shortcuts shortcuts
	media     mediaLimits
	fetcher   Fetcher
	current   []pyenv.Lock
}

func newConfig(opts []Option) (*config, error) {
	c := &config{log: slog.New(slog.DiscardHandler)}
	c.env.Requirements = mistralbridge.Requirements
	c.exec.KeepThread = true
	for _, o := range opts {
		if o == nil {
			continue
		}
		if err := o(c); err != nil {
			return nil, err
		}
	}
	if c.env.Python != "" && (c.env.Bundle != nil || c.env.BundleFile != "") {
		return nil, errors.New("bridge: WithPython and a bundle both say which Python to use: give one of them")
	}
	c.env.Logger = c.log
	c.env.Offline = c.env.Offline || Offline()
	return c, nil
}

// WithPython names the interpreter to embed, as a path or a command name: a
// virtual environment's python that has mistral-common, 3.11 or later, built
// with a shared libpython. Without it, and without WithBundle, the order is MTOK_PYTHON,
// MTOK_BUNDLE, an active VIRTUAL_ENV, the managed environment, python3 on PATH.
func WithPython(path string) Option {
	return func(c *config) error {
		if path == "" {
			return errors.New("bridge: WithPython: empty path")
		}
		c.env.Python = path
		return nil
	}
}

// WithDistribution gives an interpreter to build the managed environment with,
// if no other is found. bundled.Python() is one.
//
// It is built once for a machine and a version of this module: the interpreter is
// unpacked into the user cache (see WithCacheDir), and 44 packages are fetched from
// the Python package index, or the mirror that pip's settings name, and checked
// against the hashes in this module: 119 MB, 460 MB on disk, a minute or so. Build it
// with Setup or `mtok setup` where a first Open must not take that long.
func WithDistribution(d Distribution) Option {
	return func(c *config) error {
		c.env.Distribution = d
		return nil
	}
}

// WithCacheDir replaces the user cache directory (MTOK_CACHE, else
// XDG_CACHE_HOME/mistralbridge, else ~/.cache/mistralbridge).
func WithCacheDir(dir string) Option {
	return func(c *config) error {
		c.env.CacheDir = dir
		return nil
	}
}

// WithRequirements replaces the packages of the managed environment by another
// hash lock, and gives that environment a name of its own.
func WithRequirements(name string, lock []byte) Option {
	return func(c *config) error {
		if name == "" || len(lock) == 0 {
			return errors.New("bridge: WithRequirements: name and lock must not be empty")
		}
		c.env.Name, c.env.Requirements = name, lock
		return nil
	}
}

// WithOffline forbids the network, like MTOK_OFFLINE=1: no environment is built, the
// hub's cache is all that WithHub has, a Fetcher of NewFetcher gets nothing, and what
// would have been fetched is an *OfflineError. If it is this Open that starts Python, no
// module there can connect to anything or look up a name, for the life of the process;
// a Runtime that opens later without it is offline too. A Fetcher of your own is called
// as ever.
func WithOffline() Option {
	return func(c *config) error {
		c.env.Offline = true
		return nil
	}
}

// Offline reports whether MTOK_OFFLINE forbids the network to this process.
func Offline() bool { return pyenv.Forbidden(os.Environ()) }

// WithProgress calls f with the progress of building an environment, on the goroutine
// of Open; never, if the environment exists. Without it the build is silent.
func WithProgress(f func(Progress)) Option {
	return func(c *config) error {
		if f == nil {
			return errors.New("bridge: WithProgress: nil function")
		}
		c.env.Progress = func(e pyenv.Event) { f(Progress(e)) }
		return nil
	}
}

// WithLogger takes what Python logs and prints, and what the bridge has to say.
// Silent without it. Request text is never logged by the bridge.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error {
		if l == nil {
			return errors.New("bridge: WithLogger: nil logger")
		}
		c.log = l
		return nil
	}
}

// WithQueue bounds how many calls may wait for the interpreter; 1024 without it.
func WithQueue(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.New("bridge: WithQueue: the queue needs at least one place")
		}
		c.exec.Queue = n
		return nil
	}
}

// WithWaitWhenFull makes calls wait for a place in a full queue until their
// context ends, the Async methods too. Without it they fail with ErrOverloaded at
// once.
func WithWaitWhenFull() Option {
	return func(c *config) error {
		c.exec.WaitWhenFull = true
		return nil
	}
}

// WithSpin bounds how long the interpreter's thread and a waiting caller poll
// before they sleep; 0 is the measured default, a negative time turns it off.
func WithSpin(interpreter, caller time.Duration) Option {
	return func(c *config) error {
		c.exec.Spin = executor.Spin{Executor: interpreter, Caller: caller}
		return nil
	}
}
