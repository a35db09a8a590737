package bridge

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// pendingLoad is a load under way. When its caller has gone, the reply is dropped
// like that of any call, but the handle in it must not leak: it is registered
// as soon as Python returns it.
type pendingLoad struct {
	rt   *Runtime
	mu   sync.Mutex
	id   uint32
	left bool // the caller has gone
}

// accept registers the handle, or unloads it if the caller has gone; see job.Accept.
func (o *pendingLoad) accept(reply *wire.Reply) (undo []byte) {
	id := openedHandle(reply)
	if id == 0 {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left || !o.rt.handles.add(id) {
		return unloadFrame(id)
	}
	o.id = id
	return nil
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
	if _, err := unload.Submit(context.Background(), job.Job{Frame: unloadFrame(o.id), Full: job.Refuse}); err != nil {
		o.rt.handles.add(o.id) // Runtime.Close will do it
	}
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
	c.accept = o.accept
	t, err := do(ctx, rt, c)
	if err != nil {
		o.cancel()
	}
	return t, err
}

// startLoad is start for a load. A goroutine waits for it, so that a tokenizer that
// nobody awaits is unloaded all the same; loads are few.
func startLoad[T any](ctx context.Context, rt *Runtime, c call[T]) *async.Future[T] {
	o := &pendingLoad{rt: rt}
	c.accept = o.accept
	f := start(ctx, rt, c)
	go func() {
		if _, err := f.Await(context.Background()); err != nil {
			o.cancel()
		}
	}()
	return f
}
