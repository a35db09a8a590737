//go:build linux && cgo

package cpython

// #include "mb.h"
import "C"

import "sync/atomic"

// Counters says what the C side has taken and given back. At rest Taken equals
// Released; Allocated minus Freed is the few buffers kept between calls.
type Counters struct {
	Taken, Released  uint64 // references to Python objects
	Allocated, Freed uint64 // C buffers
}

var current atomic.Pointer[Thread]

// ReadCounters may be called from any goroutine; zero before Start.
func ReadCounters() Counters {
	t := current.Load()
	if t == nil {
		return Counters{}
	}
	var c [4]C.uint64_t
	C.mb_counters(t.in, &c[0])
	return Counters{uint64(c[0]), uint64(c[1]), uint64(c[2]), uint64(c[3])}
}
