//go:build linux && cgo

package cpython

// #cgo noescape mb_call
// #cgo nocallback mb_call
// #include "mb.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"unsafe"

	"github.com/mistralbridge/mistralbridge/bridge/internal/preemptible"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// keep is how much reply memory the C side holds on to between calls.
const keep = 1 << 20

// Thread is the proof that its holder runs on the one OS thread that may
// touch Python. It is made by Start and must not leave the executor.
type Thread struct {
	in  *C.mb_interp
	tid int
}

// ErrWrongThread is a defect of the caller: the Thread left its OS thread.
var ErrWrongThread = errors.New("cpython: called on another OS thread than the interpreter's")

// Call hands one frame to pyshim and fills reply with its answer, in one C
// call that takes the GIL, and gives it back. The reply is Go memory. An
// exception inside pyshim is no error here: it is in the reply.
func (t *Thread) Call(frame []byte, reply *wire.Reply) error {
	if gettid() != t.tid {
		return ErrWrongThread
	}
	var out C.mb_reply
	if C.mb_call(t.in, bytesPointer(frame), C.size_t(len(frame)), &out) != 0 {
		return fmt.Errorf("cpython: %w", t.failure())
	}
	head := unsafe.Slice((*byte)(out.head), out.head_len)
	var ints []int32
	if out.nints > 0 {
		ints = preemptible.Clone(unsafe.Slice((*int32)(out.ints), out.nints))
	}
	var bufs [][]byte
	if out.nbufs > 0 {
		blob := unsafe.Slice((*byte)(out.blob), C.size_t(lastEnd(out)))
		start := uint64(0)
		for _, end := range unsafe.Slice((*uint64)(out.ends), out.nbufs) {
			bufs = append(bufs, preemptible.Append(nil, blob[start:end]))
			start = end
		}
	}
	err := reply.Assemble(preemptible.Append(nil, head), ints, bufs)
	C.mb_trim(t.in, keep)
	return err
}

func lastEnd(out C.mb_reply) uint64 {
	return unsafe.Slice((*uint64)(out.ends), out.nbufs)[out.nbufs-1]
}

// CallGuarded is Call for operations that may import modules: signal
// dispositions that an import has changed are put back, and returned.
func (t *Thread) CallGuarded(frame []byte, reply *wire.Reply) ([]syscall.Signal, error) {
	C.mb_signals_save()
	err := t.Call(frame, reply)
	return t.restoreSignals(), err
}

func (t *Thread) restoreSignals() (changed []syscall.Signal) {
	var list [65]C.int
	for i := range int(C.mb_signals_restore(&list[0])) {
		changed = append(changed, syscall.Signal(list[i]))
	}
	return changed
}

// failure is the C side's last error, which may have been cut inside a character.
func (t *Thread) failure() error {
	return errors.New(strings.ToValidUTF8(C.GoString(&t.in.error[0]), ""))
}

func gettid() int { return syscall.Gettid() }
