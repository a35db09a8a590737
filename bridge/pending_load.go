package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// pendingLoad is a load under way. When its caller has gone, the reply is dropped
// like that of any call, but the handle in it must not leak: it is registered on
// the interpreter's thread, as soon as Python returns it.
type pendingLoad struct {
	rt   *Runtime
	mu   sync.Mutex
	id   uint32
	left bool // the caller has gone
}

// finish registers the handle, on the interpreter's thread. It returns false if the
// caller has gone: then the handle is to be unloaded.
func (o *pendingLoad) finish(id uint32) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left || !o.rt.handles.add(id) {
		return false
	}
	o.id = id
	return true
}

// cancel ends a load whose caller got an error instead of the tokenizer.
func (o *pendingLoad) cancel() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left = true
	if o.id == 0 || !o.rt.handles.take(o.id) {
		return
	}
	unload := o.rt.backend.newClient()
	if _, err := unload.submit(context.Background(), unloadFrame(o.id), executor.RefuseWhenFull); err != nil {
		o.rt.handles.add(o.id) // Runtime.Close will do it
	}
}

// pendingLoads are the loads of a process that have not begun, by their frames.
type pendingLoads struct {
	m       sync.Map
	signals atomic.Pointer[[]syscall.Signal] // restored, and not logged yet
}

// restored is called on the interpreter's thread, where nothing is logged.
func (all *pendingLoads) restored(signals []syscall.Signal) {
	if len(signals) > 0 {
		all.signals.Store(&signals)
	}
}

// logSignals logs which signals were restored since it was called last.
func (all *pendingLoads) logSignals(log *slog.Logger) {
	if all.signals.Load() == nil {
		return
	}
	if signals := all.signals.Swap(nil); signals != nil {
		log.Warn("a Python module had taken over signals; they are Go's again", "signals", fmt.Sprint(*signals))
	}
}

func (all *pendingLoads) put(frame []byte, o *pendingLoad) { all.m.Store(&frame[0], o) }

func (all *pendingLoads) take(frame []byte) *pendingLoad {
	o, _ := all.m.LoadAndDelete(&frame[0])
	got, _ := o.(*pendingLoad)
	return got
}

// openedHandle is the handle in the reply to a load; 0 if it failed.
func openedHandle(r *wire.Reply) uint32 {
	var got struct {
		Handle uint32 `json:"h"`
	}
	if r.Status != wire.StatusOK || json.Unmarshal(r.Body, &got) != nil {
		return 0
	}
	return got.Handle
}

// doLoad is do for a load.
func doLoad[T any](ctx context.Context, rt *Runtime, c call[T]) (T, error) {
	o := &pendingLoad{rt: rt}
	rt.backend.loads().put(c.frame, o)
	t, err := do(ctx, rt, c)
	if err != nil {
		rt.backend.loads().take(c.frame)
		o.cancel()
	}
	return t, err
}

// startLoad is start for a load. A goroutine waits for it, so that a tokenizer that
// nobody awaits is unloaded all the same; loads are few.
func startLoad[T any](ctx context.Context, rt *Runtime, c call[T]) *async.Future[T] {
	o := &pendingLoad{rt: rt}
	rt.backend.loads().put(c.frame, o)
	f := start(ctx, rt, c)
	go func() {
		if _, err := f.Await(context.Background()); err != nil {
			rt.backend.loads().take(c.frame)
			o.cancel()
		}
	}()
	return f
}
