package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// envFlags say which Python a command runs on.
type envFlags struct {
	env     string
	python  string
	cache   string
	offline bool
	verbose bool
}

func addEnvFlags(root *cobra.Command) *envFlags {
	f := &envFlags{}
	p := root.PersistentFlags()
	p.StringVar(&f.env, "env", "default", "managed environment: default, vllm-0.11.2 or vllm (see setup --with)")
	p.StringVar(&f.python, "python", "", "interpreter to embed (default: MTOK_PYTHON, MTOK_BUNDLE, VIRTUAL_ENV, the managed environment, python3)")
	p.StringVar(&f.cache, "cache", "", "cache directory (default: MTOK_CACHE, ~/.cache/mistralbridge)")
	p.BoolVar(&f.offline, "offline", false, "open no connection, like MTOK_OFFLINE=1; what would have been fetched is an error")
	p.BoolVarP(&f.verbose, "verbose", "v", false, "log what happens, and what Python prints, to stderr")
	return f
}

// check finds what is wrong with the flags before any Python is started.
func (f *envFlags) check() error {
	if f.env == "default" {
		return nil
	}
	_, err := findNamed(f.env)
	return err
}

// oneOf refuses two Pythons where one is run.
func (f *envFlags) oneOf() error {
	if f.env != "default" && f.python != "" {
		return usageError{errors.New("--env and --python both say which Python it is: give one of them")}
	}
	return nil
}

// options are the bridge options that the flags stand for.
func (f *envFlags) options(s streams) []bridge.Option {
	opts := append(f.common(s), bridge.WithDistribution(bundled.Python()))
	if f.python != "" {
		opts = append(opts, bridge.WithPython(f.python))
	}
	if !bridge.Embeddable() {
		opts = append(opts, bridge.WithWorkers(1)) // unless a later option says how many
	}
	return opts
}

// common are those that do not say which Python it is.
func (f *envFlags) common(s streams) []bridge.Option {
	opts := []bridge.Option{bridge.WithProgress(newProgress(s.err))}
	if f.cache != "" {
		opts = append(opts, bridge.WithCacheDir(f.cache))
	}
	if f.offline {
		opts = append(opts, bridge.WithOffline())
	}
	if f.verbose {
		opts = append(opts, bridge.WithLogger(slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	}
	return opts
}

// open opens the bridge; the returned function closes it.
func (f *envFlags) open(ctx context.Context, s streams, more ...bridge.Option) (*bridge.Runtime, func(), error) {
	if err := f.oneOf(); err != nil {
		return nil, nil, err
	}
	opts := f.options(s)
	if f.env != "default" {
		n, err := findNamed(f.env)
		if err != nil {
			return nil, nil, err
		}
		found, err := n.find(ctx, f, s)
		if err != nil {
			return nil, nil, err
		}
		opts = append(opts, bridge.WithPython(found.Executable))
	}
	rt, err := bridge.Open(ctx, append(opts, more...)...)
	if err != nil {
		return nil, nil, environmentError{err}
	}
	return rt, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = rt.Close(ctx)
	}, nil
}
