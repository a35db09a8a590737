//go:build linux && cgo

package cpython

// #cgo CFLAGS: -std=c11 -O2 -Wall -fvisibility=hidden
// #cgo linux LDFLAGS: -ldl
// #include <stdlib.h>
// #include "mb.h"
import "C"

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// Available says whether this program can embed an interpreter.
const Available = true

// ErrStarted says that the process has, or had, its one interpreter already.
var ErrStarted = errors.New("cpython: this process has started its interpreter already")

var started atomic.Bool

// Started reports whether the process has used up its one interpreter, be it
// that it runs or that its start failed half-way.
func Started() bool { return started.Load() }

// Start loads libpython, initialises the interpreter and runs the bootstrap,
// all on the calling OS thread, which must be locked for ever and is from then
// on the only one that may use the returned Thread. The bytes are what the
// bootstrap says of the interpreter. Only one Start a process can succeed;
// after one that failed half-way, none can.
func Start(cfg Config) (*Thread, []byte, error) {
	if !started.CompareAndSwap(false, true) {
		return nil, nil, ErrStarted
	}
	library, program := C.CString(cfg.Library), C.CString(cfg.Program)
	source, filename := C.CString(cfg.Source), C.CString(cfg.Filename)
	defer func() {
		for _, s := range []*C.char{library, program, source, filename} {
			C.free(unsafe.Pointer(s))
		}
	}()
	in := (*C.mb_interp)(C.calloc(1, C.sizeof_mb_interp)) // lives as long as the process
	t := &Thread{in: in, tid: gettid()}
	if bad := C.mb_load(in, library); bad != 0 {
		started.Store(false) // nothing was touched yet: another library may be tried
		if bad == C.MB_STATIC {
			return nil, nil, ErrStatic
		}
		return nil, nil, fmt.Errorf("cpython: load %s: %w", cfg.Library, t.failure())
	}
	C.mb_signals_save()
	defer t.restoreSignals()
	if C.mb_init(in, program) != 0 {
		return nil, nil, fmt.Errorf("cpython: initialise %s: %w", cfg.Program, t.failure())
	}
	var out C.mb_reply
	if C.mb_boot(in, source, filename, bytesPointer(cfg.Boot), C.size_t(len(cfg.Boot)), &out) != 0 {
		return nil, nil, fmt.Errorf("cpython: %w", t.failure())
	}
	current.Store(t)
	return t, C.GoBytes(unsafe.Pointer(out.head), C.int(out.head_len)), nil
}

func bytesPointer(b []byte) *C.uint8_t {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b)))
}
