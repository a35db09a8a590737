package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Options configure Start and Open.
type Options struct {
	// Models are served; at least one. The first answers requests that name none.
	Models []ModelSpec
	// Bridge are the options that the bridge is opened with.
	Bridge []bridge.Option
	// Open opens the bridge instead of Bridge, where that takes more. The engine
	// closes what it returns.
	Open func(context.Context) (*bridge.Runtime, error)
	// Load is given to each load of a tokenizer, but with VLLM, which has no such options.
	Load []bridge.LoadOption
	// VLLM lets vLLM's own classes answer, in an environment that has vLLM.
	VLLM bool
	// MaxModelLen is what answers give as max_model_len, in tokens. 0: what the model's
	// directory says, else DefaultMaxModelLen.
	MaxModelLen int
	// Log records when models are loaded and why they are not; nil logs nothing.
	Log *slog.Logger
}

// ModelSpec is a model to serve.
type ModelSpec struct {
	Source bridge.Source
	// Path is what /v1/models gives as its root, and where its config.json is looked
	// for; the source in words without it.
	Path    string
	Name    string
	Aliases []string // other names for it
}

func (o *Options) check() error {
	if len(o.Models) == 0 {
		return errors.New("engine: no models")
	}
	seen := map[string]bool{}
	for _, m := range o.Models {
		for _, name := range append([]string{m.Name}, m.Aliases...) {
			if name == "" {
				return fmt.Errorf("engine: %s: a model needs a name", m.Source)
			}
			if seen[name] {
				return fmt.Errorf("engine: two models are named %q", name)
			}
			seen[name] = true
		}
	}
	if o.MaxModelLen < 0 {
		return errors.New("engine: the length of a model must not be negative")
	}
	return nil
}

func (o *Options) open(ctx context.Context) (*bridge.Runtime, error) {
	if o.Open != nil {
		return o.Open(ctx)
	}
	return bridge.Open(ctx, o.Bridge...)
}

func (o *Options) log() *slog.Logger { return cmp.Or(o.Log, slog.New(slog.DiscardHandler)) }
