package engine

import (
	"errors"
	"net/http"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// StatusClientClosed is what is logged and counted for a caller that went away.
const StatusClientClosed = bridge.StatusClientClosed

// Failure says what an error of Serve means to a caller.
type Failure struct {
	Code       string // a word for it: overloaded, too_large, timeout, …
	Status     int    // of HTTP
	Message    string // fit for a stranger: nothing of the request, of paths or of the cause
	RetryAfter time.Duration
	Retryable  bool // the same request may well succeed
}

var messages = map[bridge.Reason]string{
	bridge.ReasonRejected:         "The reference rejected the request.",
	bridge.ReasonInvalid:          "The request is not valid.",
	bridge.ReasonMediaDenied:      "The request names an image or an audio by URL or path.",
	bridge.ReasonMediaTooLarge:    "An image or an audio in the request is too large.",
	bridge.ReasonTooLarge:         "The request is too large.",
	bridge.ReasonUnknownTokenizer: "There is no such tokenizer.",
	bridge.ReasonUsage:            "The tokenizer does not do that.",
	bridge.ReasonOverloaded:       "Too many requests are waiting. Try again later.",
	bridge.ReasonClosed:           "The server is shutting down.",
	bridge.ReasonCanceled:         "The client closed the request.",
	bridge.ReasonTimeout:          "The request took too long.",
	bridge.ReasonWorkerDied:       "The worker process ended during the request. Try again.",
	bridge.ReasonWorkerMemory:     "The request needs more memory than a worker may have.",
	bridge.ReasonCrashLoop:        "The worker processes do not start.",
	bridge.ReasonNoWorker:         "No worker process can be made. Try again later.",
	bridge.ReasonDownload:         "The tokenizer could not be downloaded.",
}

// Classify says what an error of the engine or the bridge means: bridge.ReasonOf, with words,
// and what an engine adds to it.
func Classify(err error) Failure {
	switch {
	case errors.Is(err, ErrLoading):
		return Failure{"loading", http.StatusServiceUnavailable, "The models are being loaded.", time.Second, true}
	case errors.Is(err, ErrDraining):
		err = bridge.ErrClosed
	}
	reason := bridge.ReasonOf(err)
	f := Failure{Code: string(reason), Status: reason.HTTPStatus(), Message: messages[reason], Retryable: reason.Retryable()}
	if f.Message == "" {
		f.Message = "Internal server error."
	}
	if f.Retryable {
		f.RetryAfter = time.Second
	}
	var fetch *bridge.FetchError
	if reason == bridge.ReasonFetch && errors.As(err, &fetch) {
		f.Message = "What the request names at " + fetch.Place + " could not be fetched."
	}
	return f
}
