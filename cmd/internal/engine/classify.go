package engine

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// StatusClientClosed is what is logged and counted for a caller that went away: nginx's
// number, since HTTP has none. Nobody receives it.
const StatusClientClosed = 499

// Failure says what an error of Serve means to a caller.
type Failure struct {
	Code       string // a word for it: overloaded, too_large, timeout, …
	Status     int    // of HTTP
	Message    string // fit for a stranger: nothing of the request, of paths or of the cause
	RetryAfter time.Duration
	Retryable  bool // the same request may well succeed
}

// Classify is the one place that says what an error of the engine or the bridge means.
func Classify(err error) Failure {
	var worker *bridge.WorkerError
	switch {
	case errors.Is(err, bridge.ErrOverloaded):
		return Failure{"overloaded", http.StatusTooManyRequests, "Too many requests are waiting. Try again later.", time.Second, true}
	case errors.Is(err, bridge.ErrTooLarge):
		return Failure{"too_large", http.StatusRequestEntityTooLarge, "The request is too large.", 0, false}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, bridge.ErrTimeLimit):
		return Failure{"timeout", http.StatusGatewayTimeout, "The request took too long.", 0, false}
	case errors.Is(err, context.Canceled):
		return Failure{"canceled", StatusClientClosed, "The client closed the request.", 0, false}
	case errors.Is(err, ErrLoading):
		return Failure{"loading", http.StatusServiceUnavailable, "The models are being loaded.", time.Second, true}
	case errors.Is(err, bridge.ErrClosed), errors.Is(err, ErrDraining):
		return Failure{"closed", http.StatusServiceUnavailable, "The server is shutting down.", time.Second, true}
	case errors.As(err, &worker) && worker.Retryable():
		return Failure{"worker_died", http.StatusServiceUnavailable, "The worker process ended during the request. Try again.", time.Second, true}
	case errors.Is(err, bridge.ErrWorkerMemory):
		return Failure{"worker_memory", http.StatusInternalServerError, "The request needs more memory than a worker may have.", 0, false}
	case errors.Is(err, bridge.ErrCrashLoop):
		return Failure{"crash_loop", http.StatusServiceUnavailable, "The worker processes do not start.", time.Second, true}
	}
	var fetch *bridge.FetchError
	if errors.As(err, &fetch) {
		return Failure{"fetch", http.StatusBadRequest, "What the request names at " + fetch.Place + " could not be fetched.", 0, false}
	}
	return Failure{"internal", http.StatusInternalServerError, "Internal server error.", 0, false}
}
