package async

import "errors"

var (
	// ErrPending is what Result gives before the future is done.
	ErrPending = errors.New("async: the future is not done")

	// ErrNilReject stands for the error of a future that was rejected with nil: a
	// failure without a reason must not read as success.
	ErrNilReject = errors.New("async: rejected with a nil error")

	// ErrNilFuture is the failure of a nil *Future given to All or First, or
	// returned by the submit function of Map or a Stream.
	ErrNilFuture = errors.New("async: nil future")

	// ErrNoFutures is the failure of First without inputs.
	ErrNoFutures = errors.New("async: no futures to choose from")

	// ErrClosed is what Push gives once the stream takes no more inputs.
	ErrClosed = errors.New("async: the stream is closed")
)
