package executor

import (
	"errors"
	"fmt"
)

var (
	// ErrOverloaded is returned at once by a submission that finds the queue full and does not want to wait.
	ErrOverloaded = errors.New("the queue is full: try again later, make it longer (WithQueue), or wait for a place (WithWaitWhenFull)")
	// ErrClosed is returned by submissions after Close began, and is the outcome of jobs that Close gave up.
	ErrClosed = errors.New("closed: no more calls are taken")
	// ErrPending is returned by Job.Reply before the job has its outcome.
	ErrPending = errors.New("executor: job has no outcome yet")

	errGone = errors.New("executor: context ended before the job was queued") // becomes the context's error
)

// CloseError says what Close left behind when its context ended first. It unwraps to the context's error.
type CloseError struct {
	Running int   // jobs (0 or 1) the engine was still busy with; the thread is still in it
	Left    int   // queued jobs that never ran; each of them got ErrClosed
	Err     error // the context's error
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("executor: close: %d running, %d left in the queue: %v", e.Running, e.Left, e.Err)
}

// Unwrap returns the context's error.
func (e *CloseError) Unwrap() error { return e.Err }
