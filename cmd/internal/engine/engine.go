package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// The reasons for which an engine is not ready, besides those of bridge.Runtime.Ready.
var (
	ErrLoading  = errors.New("the models are being loaded")
	ErrDraining = errors.New("the server is shutting down")
)

// Engine is a set of models. Start makes one.
type Engine struct {
	o      Options
	loaded chan struct{} // closed when loading has ended, well or not
	cancel context.CancelFunc

	err      error // of loading; read after loaded is closed
	set      atomic.Pointer[models]
	draining atomic.Bool
}

// models are what loading gave.
type models struct {
	rt     *bridge.Runtime
	list   []*Model
	byName map[string]*Model
}

// Start begins to open the bridge and to load the models, and returns at once. Errors of
// the options come now, those of loading from Wait.
func Start(o Options) (*Engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &Engine{o: o, loaded: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(e.loaded)
		e.err = e.load(ctx)
	}()
	return e, nil
}

// Open is Start and Wait: it returns an engine that has loaded its models. When ctx ends
// first, loading is given up.
func Open(ctx context.Context, o Options) (*Engine, error) {
	e, err := Start(o)
	if err != nil {
		return nil, err
	}
	if err := e.Wait(ctx); err != nil {
		e.cancel()
		return nil, err
	}
	return e, nil
}

func (e *Engine) load(ctx context.Context) error {
	begun := time.Now()
	rt, err := e.o.open(ctx)
	if err != nil {
		return err
	}
	set := &models{rt: rt, byName: map[string]*Model{}}
	for _, spec := range e.o.Models {
		m, err := load(ctx, rt, spec, &e.o)
		if err != nil {
			short, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			return errors.Join(fmt.Errorf("load %s: %w", spec.Name, err), rt.Close(short))
		}
		set.list = append(set.list, m)
		for _, name := range m.Names {
			set.byName[name] = m
		}
	}
	e.set.Store(set)
	info := rt.Info()
	e.o.log().Info("models are loaded", "models", len(set.list), "took", time.Since(begun).Round(time.Millisecond),
		"python", info.Python, "mistral_common", info.Packages["mistral-common"])
	return nil
}

// Wait waits until the models are loaded, and returns why they are not.
func (e *Engine) Wait(ctx context.Context) error {
	select {
	case <-e.loaded:
		return e.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Loaded reports whether the models are there. It only reads memory.
func (e *Engine) Loaded() bool { return e.set.Load() != nil }

// Models are the loaded ones in the order of the options; none while loading.
func (e *Engine) Models() []*Model {
	if set := e.set.Load(); set != nil {
		return set.list
	}
	return nil
}

// Lookup finds a model by one of its names.
func (e *Engine) Lookup(name string) (*Model, bool) {
	if set := e.set.Load(); set != nil {
		m, ok := set.byName[name]
		return m, ok
	}
	return nil, false
}

// Serve answers a request with the model that it names; see refserver.Server.Serve. Errors
// besides that method's: ErrLoading.
func (e *Engine) Serve(ctx context.Context, r refserver.Request) (*refserver.Response, error) {
	set := e.set.Load()
	if set == nil {
		return nil, ErrLoading
	}
	return set.pick(r.Body[r.Room:]).Serve(ctx, r)
}

// Admit is bridge.Runtime.Admit; nil while loading.
func (e *Engine) Admit() error {
	if set := e.set.Load(); set != nil {
		return set.rt.Admit()
	}
	return nil
}

// Schemas are those of what the routes take and answer.
func (e *Engine) Schemas(ctx context.Context) (json.RawMessage, error) {
	set := e.set.Load()
	if set == nil {
		return nil, ErrLoading
	}
	return set.list[0].Schemas(ctx)
}

// Ready is nil if requests should come, else why not: ErrLoading or what loading failed
// with, ErrDraining, bridge.ErrCrashLoop, *bridge.NoWorkerError.
func (e *Engine) Ready() error {
	if e.draining.Load() {
		return ErrDraining
	}
	set := e.set.Load()
	if set != nil {
		return set.rt.Ready()
	}
	select {
	case <-e.loaded:
		return e.err
	default:
		return ErrLoading
	}
}

// Drain makes Ready fail from now on. Requests are served as before.
func (e *Engine) Drain() { e.draining.Store(true) }

// Stats are the bridge's; nothing while loading.
func (e *Engine) Stats() bridge.Stats {
	if set := e.set.Load(); set != nil {
		return set.rt.Stats()
	}
	return bridge.Stats{}
}

// Info describes the Python behind the models; nothing while loading.
func (e *Engine) Info() bridge.Info {
	if set := e.set.Load(); set != nil {
		return set.rt.Info()
	}
	return bridge.Info{}
}

// Close gives up loading, or waits for the calls under way and closes the bridge. What is
// left when ctx ends is given up, see bridge.Runtime.Close.
func (e *Engine) Close(ctx context.Context) error {
	e.Drain()
	e.cancel()
	select {
	case <-e.loaded:
	case <-ctx.Done():
		return ctx.Err()
	}
	if set := e.set.Load(); set != nil {
		return set.rt.Close(ctx)
	}
	return nil
}
