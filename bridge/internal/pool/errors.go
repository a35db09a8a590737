package pool

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// What a WorkerError can be, for errors.Is, and what the pool refuses by itself.
var (
	ErrWorkerDied = errors.New("the worker process ended during the call")
	ErrGarbage    = errors.New("the worker process answered what is no reply")
	ErrTimeLimit  = errors.New("the call took longer than the time limit (WithTimeLimit; 10 minutes for a load)")
	ErrMemory     = errors.New("the worker process ran into its memory limit (WithWorkerMemory)")
	// ErrCrashLoop is why a pool is not ready: its workers die as soon as they are asked something.
	ErrCrashLoop = errors.New("worker processes die one after another")
	// ErrNoWorker is what calls get, and why a pool is not ready, while no worker lives and none can be made.
	ErrNoWorker = errors.New("no worker process can be made")
)

// WorkerError is a job that failed with its worker. Other jobs are not touched by it.
type WorkerError struct {
	Kind   error          // ErrWorkerDied, ErrGarbage, ErrTimeLimit or ErrMemory
	PID    int            // of the worker
	Signal syscall.Signal // that ended it, 0 if none did
	Exit   int            // its exit status, -1 if it has none or nobody knows
	Stderr string         // the end of what it wrote there; may quote the request
}

func (e *WorkerError) Error() string {
	text := fmt.Sprintf("worker %d: %v", e.PID, e.Kind)
	if end := e.ending(); end != "" && !errors.Is(e.Kind, ErrTimeLimit) {
		text += ": " + end
	}
	return text
}

// ending is how the process ended, empty where that is not known.
func (e *WorkerError) ending() string {
	switch {
	case e.Signal != 0:
		return e.Signal.String()
	case e.Exit >= 0:
		return fmt.Sprintf("exit status %d", e.Exit)
	}
	return ""
}

// Unwrap returns Kind.
func (e *WorkerError) Unwrap() error { return e.Kind }

// Retryable reports whether the same call may well succeed in another worker. One that ran out of memory would again.
func (e *WorkerError) Retryable() bool { return !errors.Is(e.Kind, ErrMemory) }

// describe fills in how the process ended.
func (e *WorkerError) describe(status int, limited bool) {
	e.Exit = -1
	if status < 0 {
		return
	}
	e.Signal, e.Exit = sys.Ending(status)
	// Native code that gets no memory cannot raise MemoryError.
	if limited && errors.Is(e.Kind, ErrWorkerDied) && e.Signal == syscall.SIGABRT &&
		(strings.Contains(e.Stderr, "memory allocation of") || strings.Contains(e.Stderr, "bad_alloc")) {
		e.Kind = ErrMemory
	}
}
