package async

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// errGoexit is the Value of a PanicError when the function ended its goroutine
// instead of returning.
var errGoexit = errors.New("runtime.Goexit was called")

// PanicError is a panic caught in the get function of [Lazy]. Everyone who asks for
// the result gets the same *PanicError. It unwraps to Value if that is an error.
type PanicError struct {
	Value any    // what was given to panic
	Stack []byte // the stack of the goroutine that panicked, as debug.Stack gives it
}

// Error describes the panic in one line, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("async: panic: %v", e.Value) }

// Unwrap gives Value if it is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// panicked makes the error from what recover gave in a deferred function.
func panicked(v any) *PanicError {
	if v == nil { // panic(nil) gives a *runtime.PanicNilError, so this is Goexit
		v = errGoexit
	}
	return &PanicError{Value: v, Stack: debug.Stack()}
}
