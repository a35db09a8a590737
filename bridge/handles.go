package bridge

import (
	"maps"
	"slices"
	"sync"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// handles are the Python objects that a Runtime has and must give back.
type handles struct {
	mu     sync.Mutex
	open   map[uint32]struct{}
	closed bool
}

// add reports whether the handle was taken; after takeAll none is.
func (h *handles) add(id uint32) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	if h.open == nil {
		h.open = map[uint32]struct{}{}
	}
	h.open[id] = struct{}{}
	return true
}

// take reports whether id was open; only one caller of two gets true.
func (h *handles) take(id uint32) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.open[id]
	delete(h.open, id)
	return ok
}

func (h *handles) takeAll() []uint32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := slices.Collect(maps.Keys(h.open))
	h.open, h.closed = nil, true
	return all
}

func unloadFrame(id uint32) []byte {
	return wire.Frame(wire.Header{Op: wire.OpUnload, Handle: id, Arg: wire.NoArg}, "")
}
