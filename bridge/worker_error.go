package bridge

import (
	"errors"
	"syscall"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

// WorkerError is a call that failed with the worker process that ran it (see
// WithWorkers); other calls are not touched by it. Kind says how, for errors.Is:
// ErrWorkerDied, ErrWorkerGarbage, ErrTimeLimit or ErrWorkerMemory. Retryable says
// whether another worker may well answer.
type WorkerError struct {
	Kind   error          // ErrWorkerDied, ErrWorkerGarbage, ErrTimeLimit or ErrWorkerMemory
	PID    int            // of the worker
	Signal syscall.Signal // that ended it, 0 if none did
	Exit   int            // its exit status, -1 if it has none or nobody knows
	Stderr string         // the end of what it wrote there; may quote the request
}

// Error says what happened; it does not hold Stderr.
func (e *WorkerError) Error() string { return (*pool.WorkerError)(e).Error() }

// Unwrap returns Kind.
func (e *WorkerError) Unwrap() error { return e.Kind }

// Retryable reports whether the same call may well succeed in another worker. One that ran
// out of memory would again.
func (e *WorkerError) Retryable() bool { return (*pool.WorkerError)(e).Retryable() }

// NoWorkerError is a call that could not be served because no worker process lived
// that might have served it, and none could be made: limits of files, processes or
// memory, a sandbox, a Python that does not start any more. Err is why; Hint, which is
// part of the text, the way out. It is tried again by itself, so a later call may well
// succeed. errors.Is reports ErrNoWorker.
type NoWorkerError struct {
	Err      error // why the last attempt failed, such as syscall.EMFILE or syscall.EAGAIN in what it wraps
	Attempts int   // that have failed in a row
}

// Error says why, and the way out.
func (e *NoWorkerError) Error() string { return (*pool.NoWorkerError)(e).Error() }

// Unwrap returns ErrNoWorker and Err.
func (e *NoWorkerError) Unwrap() []error { return (*pool.NoWorkerError)(e).Unwrap() }

// Retryable is true: what stands in the way may be gone a moment later.
func (e *NoWorkerError) Retryable() bool { return true }

// Hint is the way out.
func (e *NoWorkerError) Hint() string { return (*pool.NoWorkerError)(e).Hint() }

// What can happen to a worker process, and the limits that are kept before one.
var (
	// ErrWorkerDied: the process ended during the call: killed from outside, crashed in native code, or left.
	ErrWorkerDied = pool.ErrWorkerDied
	// ErrWorkerGarbage: the process answered what is no reply, and was ended.
	ErrWorkerGarbage = pool.ErrGarbage
	// ErrTimeLimit: the call took longer than WithTimeLimit allows.
	ErrTimeLimit = pool.ErrTimeLimit
	// ErrWorkerMemory: native code met the limit of WithWorkerMemory.
	ErrWorkerMemory = pool.ErrMemory
	// ErrCrashLoop is why Ready fails: workers die one after another.
	ErrCrashLoop = pool.ErrCrashLoop
	// ErrNoWorker: no worker process lives that could serve the call, and none can be made; a *NoWorkerError says why.
	ErrNoWorker = pool.ErrNoWorker
	// ErrTooLarge: the request is larger than WithMaxInput allows; nothing was called.
	ErrTooLarge = errors.New("bridge: the request is larger than the limit (WithMaxInput)")
)
