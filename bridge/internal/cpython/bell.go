//go:build linux && cgo

package cpython

// #cgo noescape mb_bell_wait
// #cgo nocallback mb_bell_wait
// #include "mb.h"
import "C"

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Bell wakes the one thread that waits on it. Waiting polls and sleeps in C: a
// goroutine that is locked to its thread holds no P meanwhile, and is woken by
// one futex call instead of the scheduler's two or three.
type Bell struct{ word atomic.Uint32 }

const (
	bellRung   = 1
	bellAsleep = 2
	futexWake  = 1 | 128 // FUTEX_WAKE_PRIVATE
)

// Ring ends the current Wait or the next.
func (b *Bell) Ring() {
	if b.word.Swap(bellRung) == bellAsleep {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&b.word)), futexWake, 1, 0, 0, 0)
	}
}

// Wait returns after one Ring; it polls for spin before it sleeps, and reports
// whether polling caught the ring.
func (b *Bell) Wait(spin time.Duration) bool {
	return C.mb_bell_wait((*C.uint32_t)(unsafe.Pointer(&b.word)), C.int64_t(spin)) != 0
}
