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

// opening is a load under way. The answer to a load whose caller has gone is
// thrown away like any other, but the handle in it must not be lost: so it is
// taken on the interpreter's thread, at the moment when Python gives it out.
type opening struct {
	rt   *Runtime
	mu   sync.Mutex
	id   uint32
	left bool // the caller has gone
}

// arrived is called on the interpreter's thread; false: nobody wants the handle.
func (o *opening) arrived(id uint32) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left || !o.rt.handles.add(id) {
		return false
	}
	o.id = id
	return true
}

// leave gives up a load whose caller got an error instead of the tokenizer.
func (o *opening) leave() {
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

// openings are the loads of a process that have not begun, by their frames.
type openings struct {
	m       sync.Map
	signals atomic.Pointer[[]syscall.Signal] // put back, and not told yet
}

// restored is called on the interpreter's thread, where nothing is logged.
func (all *openings) restored(signals []syscall.Signal) {
	if len(signals) > 0 {
		all.signals.Store(&signals)
	}
}

// tell logs what was put back.
func (all *openings) tell(log *slog.Logger) {
	if all.signals.Load() == nil {
		return
	}
	if signals := all.signals.Swap(nil); signals != nil {
		log.Warn("a Python module had taken over signals; they are Go's again", "signals", fmt.Sprint(*signals))
	}
}

func (all *openings) put(frame []byte, o *opening) { all.m.Store(&frame[0], o) }

func (all *openings) take(frame []byte) *opening {
	o, _ := all.m.LoadAndDelete(&frame[0])
	got, _ := o.(*opening)
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
	o := &opening{rt: rt}
	rt.backend.loads().put(c.frame, o)
	t, err := do(ctx, rt, c)
	if err != nil {
		rt.backend.loads().take(c.frame)
		o.leave()
	}
	return t, err
}

// startLoad is start for a load. A goroutine waits for it, because what nobody
// asks for must be given back all the same; loads are few.
func startLoad[T any](ctx context.Context, rt *Runtime, c call[T]) *async.Future[T] {
	o := &opening{rt: rt}
	rt.backend.loads().put(c.frame, o)
	f := start(ctx, rt, c)
	go func() {
		if _, err := f.Await(context.Background()); err != nil {
			rt.backend.loads().take(c.frame)
			o.leave()
		}
	}()
	return f
}
