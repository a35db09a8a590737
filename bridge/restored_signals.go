package bridge

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"syscall"
)

// restoredSignals are those that a Python module had taken over. They are added on the
// interpreter's thread, where nothing is logged, and logged by the next caller.
type restoredSignals struct {
	v atomic.Pointer[[]syscall.Signal]
}

func (r *restoredSignals) add(signals []syscall.Signal) {
	if len(signals) > 0 {
		r.v.Store(&signals)
	}
}

func (r *restoredSignals) log(log *slog.Logger) {
	if r.v.Load() == nil {
		return
	}
	if signals := r.v.Swap(nil); signals != nil {
		log.Warn("a Python module had taken over signals; they are Go's again", "signals", fmt.Sprint(*signals))
	}
}
