package job

import (
	"errors"
	"fmt"
)

var (
	// ErrOverloaded is returned at once by a submission that finds the queue full and does not want to wait.
	ErrOverloaded = errors.New("the queue is full: try again later, make it longer (WithQueue), or wait for a place (WithWaitWhenFull)")
	// ErrClosed is returned by submissions after Close began, and is the outcome of jobs that Close gave up.
	ErrClosed = errors.New("closed: no more calls are taken")
	// ErrPending is returned by Pending.Reply before the job has its outcome.
	ErrPending = errors.New("the job has no outcome yet")
)

// CloseError says what Close left behind when its context ended first. It unwraps to the context's error.
type CloseError struct {
	Running int   // jobs that were still running
	Left    int   // queued jobs that never ran; each of them got ErrClosed
	Err     error // the context's error
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("close: %d running, %d left in the queue: %v", e.Running, e.Left, e.Err)
}

// Unwrap returns the context's error.
func (e *CloseError) Unwrap() error { return e.Err }

// DefaultQueue is how many jobs may wait where nothing else is said.
const DefaultQueue = 1024
