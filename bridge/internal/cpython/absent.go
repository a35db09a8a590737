//go:build !linux || !cgo

package cpython

import (
	"errors"
	"syscall"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Available says whether this program can embed an interpreter.
const Available = false

// ErrStarted is never returned here.
var ErrStarted = errors.New("cpython: this process has started its interpreter already")

// ErrWrongThread is never returned here.
var ErrWrongThread = errors.New("cpython: called on another OS thread than the interpreter's")

// Started is false: there is no interpreter.
func Started() bool { return false }

// Start fails with errors.ErrUnsupported.
func Start(Config) (*Thread, []byte, error) { return nil, nil, errors.ErrUnsupported }

// Thread is never made here.
type Thread struct{}

// Call fails with errors.ErrUnsupported.
func (*Thread) Call([]byte, *wire.Reply) error { return errors.ErrUnsupported }

// CallGuarded fails with errors.ErrUnsupported.
func (*Thread) CallGuarded([]byte, *wire.Reply) ([]syscall.Signal, error) {
	return nil, errors.ErrUnsupported
}

// Bell is never waited on here.
type Bell struct{}

// Ring does nothing.
func (*Bell) Ring() {}

// Wait does nothing.
func (*Bell) Wait(time.Duration) bool { return false }

// Counters says what the C side has taken and given back: nothing.
type Counters struct {
	Taken, Released  uint64
	Allocated, Freed uint64
}

// ReadCounters returns zeros.
func ReadCounters() Counters { return Counters{} }
