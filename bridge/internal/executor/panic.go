package executor

import (
	"fmt"
	"runtime/debug"
)

// PanicError is the outcome of a job, or of a Starter, that panicked on the locked thread. The thread continues.
type PanicError struct {
	Value any    // what was given to panic
	Stack []byte // the stack where it was
}

func (e *PanicError) Error() string { return fmt.Sprintf("executor: panic: %v", e.Value) }

// Unwrap returns the panic's value where that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// newPanicError is called in the deferred function that recovered v, while the stack still shows where it was.
func newPanicError(v any) *PanicError { return &PanicError{Value: v, Stack: debug.Stack()} }
