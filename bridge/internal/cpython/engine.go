package cpython

import (
	"syscall"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Engine is a Thread that calls each operation as the table of operations says. It is what an executor runs.
type Engine struct {
	Thread   *Thread
	Restored func([]syscall.Signal) // is called with the signals that a module had taken over, also if there are none

	served [256]bool // the routes that were served before
}

// Call guards the operations that may import modules, because an import may install signal handlers over Go's. That is all
// but the few that are called often; what those need, loading imports, or the first call of a route.
func (e *Engine) Call(frame []byte, reply *wire.Reply) error {
	switch wire.OpOf(frame).Of().Guard {
	case wire.GuardNever:
		return e.Thread.Call(frame, reply)
	case wire.GuardFirst:
		served := &e.served[wire.ArgOf(frame)&0xff]
		if *served {
			return e.Thread.Call(frame, reply)
		}
		*served = true
	}
	changed, err := e.Thread.CallGuarded(frame, reply)
	e.Restored(changed)
	return err
}
