package bridge

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Reason says in one word why a call failed. ReasonOf decides it, for every door of the
// project; status, exit code and gRPC code follow from it. docs/errors.md has them all.
type Reason string

// The reasons. Up to ReasonTooLarge the caller's input is at fault, and errors.Is reports
// ErrInvalidRequest for all but the last two.
const (
	ReasonNone          Reason = ""                // there is no error
	ReasonRejected      Reason = "rejected"        // Python raised it on account of the input
	ReasonInvalid       Reason = "invalid_request" // nothing was called: not UTF-8, empty, nil, no JSON
	ReasonMediaDenied   Reason = "media_denied"    // an image or an audio by URL or path
	ReasonMediaTooLarge Reason = "media_too_large" // an image or an audio above the limits
	ReasonFetch         Reason = "fetch"           // a URL in the request was not to be had
	ReasonTooLarge      Reason = "too_large"       // WithMaxInput

	ReasonUnknownTokenizer Reason = "unknown_tokenizer" // none of that name is shipped
	ReasonUsage            Reason = "usage"             // the tokenizer or the bridge has no such thing

	ReasonOverloaded   Reason = "overloaded"    // the queue is full
	ReasonClosed       Reason = "closed"        // Close was called
	ReasonCanceled     Reason = "canceled"      // the call's context was canceled
	ReasonTimeout      Reason = "timeout"       // its deadline, or WithTimeLimit
	ReasonWorkerDied   Reason = "worker_died"   // the process that ran the call ended
	ReasonWorkerMemory Reason = "worker_memory" // no memory was left, or WithWorkerMemory
	ReasonCrashLoop    Reason = "crash_loop"    // workers die one after another
	ReasonNoWorker     Reason = "no_worker"     // no worker lives, and none can be made

	ReasonDownload    Reason = "download"    // the hub did not give a tokenizer
	ReasonEnvironment Reason = "environment" // no usable Python, or none that could be built
	ReasonInternal    Reason = "internal"    // everything else: files and packages of the machine, defects
)

// StatusClientClosed is the status of ReasonCanceled: nginx's number, since HTTP has none.
// Nobody receives it.
const StatusClientClosed = 499

// Reasons are all of them, in the order of docs/errors.md.
func Reasons() []Reason {
	return []Reason{
		ReasonRejected, ReasonInvalid, ReasonMediaDenied, ReasonMediaTooLarge, ReasonFetch, ReasonTooLarge,
		ReasonUnknownTokenizer, ReasonUsage,
		ReasonOverloaded, ReasonClosed, ReasonCanceled, ReasonTimeout, ReasonWorkerDied, ReasonWorkerMemory, ReasonCrashLoop,
		ReasonNoWorker,
		ReasonDownload, ReasonEnvironment, ReasonInternal,
	}
}

// ReasonOf is the reason of an error of this package or of package client, or of one that
// wraps it; ReasonInternal of any other, ReasonNone of nil.
func ReasonOf(err error) Reason {
	if err == nil {
		return ReasonNone
	}
	var remote interface{ BridgeReason() Reason } // of package client: what the server said of it
	if errors.As(err, &remote) {
		return remote.BridgeReason()
	}
	// What ended the call goes before what came of it.
	for _, known := range []struct {
		err    error
		reason Reason
	}{
		{ErrOverloaded, ReasonOverloaded},
		{ErrTooLarge, ReasonTooLarge},
		{context.DeadlineExceeded, ReasonTimeout},
		{ErrTimeLimit, ReasonTimeout},
		{context.Canceled, ReasonCanceled},
		{ErrClosed, ReasonClosed},
		{ErrNoWorker, ReasonNoWorker},
		{ErrWorkerMemory, ReasonWorkerMemory},
		{ErrWorkerDied, ReasonWorkerDied},
		{ErrWorkerGarbage, ReasonWorkerDied},
		{ErrCrashLoop, ReasonCrashLoop},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	var py *PyError
	var fetch *FetchError
	var id *TokenIDError
	switch {
	case errors.As(err, &id), errors.As(err, new(*SpecialTokenError)):
		return ReasonRejected
	case errors.As(err, &fetch):
		return ReasonFetch
	case errors.As(err, &py):
		return py.reason()
	case isEnvironment(err):
		return ReasonEnvironment
	case errors.Is(err, ErrInternal):
		return ReasonInternal
	case errors.Is(err, ErrInvalidRequest), errors.Is(err, ErrInvalidUTF8), errors.Is(err, mistral.ErrInexact):
		return ReasonInvalid
	}
	return ReasonInternal
}

// HTTPStatus is what a server that passes a call on answers when it fails: 400, 404 or 413
// where the caller's input is at fault, 429, 499, 500, 502, 503 or 504 else; 200 of nil.
func HTTPStatus(err error) int { return ReasonOf(err).HTTPStatus() }

// Retryable reports whether the same call may well succeed if it is made again, a moment
// later.
func Retryable(err error) bool { return ReasonOf(err).Retryable() }

// Timeout reports whether the call ran out of time: that of its context, or WithTimeLimit.
func Timeout(err error) bool { return ReasonOf(err) == ReasonTimeout }

// HTTPStatus is that of the function, for a reason.
func (r Reason) HTTPStatus() int {
	switch r {
	case ReasonNone:
		return http.StatusOK
	case ReasonRejected, ReasonInvalid, ReasonMediaDenied, ReasonMediaTooLarge, ReasonFetch, ReasonUsage:
		return http.StatusBadRequest
	case ReasonUnknownTokenizer:
		return http.StatusNotFound
	case ReasonTooLarge:
		return http.StatusRequestEntityTooLarge
	case ReasonOverloaded:
		return http.StatusTooManyRequests
	case ReasonCanceled:
		return StatusClientClosed
	case ReasonTimeout:
		return http.StatusGatewayTimeout
	case ReasonClosed, ReasonWorkerDied, ReasonCrashLoop, ReasonNoWorker:
		return http.StatusServiceUnavailable
	case ReasonDownload:
		return http.StatusBadGateway
	}
	return http.StatusInternalServerError
}

// Retryable is that of the function, for a reason.
func (r Reason) Retryable() bool {
	switch r {
	case ReasonOverloaded, ReasonClosed, ReasonWorkerDied, ReasonCrashLoop, ReasonNoWorker:
		return true
	}
	return false
}

// reason of an exception: by what Python said of whose fault it is, else by its class.
func (e *PyError) reason() Reason {
	switch {
	case e.IsA("pyshim.errors.MediaDenied"):
		return ReasonMediaDenied
	case e.IsA("pyshim.errors.MediaTooLarge"):
		return ReasonMediaTooLarge
	case e.IsA("pyshim.errors.UnknownTokenizer"):
		return ReasonUnknownTokenizer
	case e.IsA("pyshim.errors.DownloadFailed"):
		return ReasonDownload
	case e.IsA("builtins.MemoryError"):
		return ReasonWorkerMemory
	case e.Fault == FaultCaller:
		return ReasonRejected
	case e.Fault == FaultUsage:
		return ReasonUsage
	case e.Fault != "" || e.IsA("builtins.OSError") || e.IsA("builtins.ImportError") || strings.HasPrefix(e.Module, "pyshim.") || !e.IsA("builtins.Exception"):
		return ReasonInternal
	}
	return ReasonRejected
}

func isEnvironment(err error) bool {
	var (
		notFound *NotFoundError
		probe    *ProbeError
		missing  *MissingPackageError
		offline  *OfflineError
		hash     *HashError
		install  *InstallError
		cache    *CacheError
		config   *ConfigError
		damaged  *DamagedError
		packed   *BundleError
	)
	return errors.Is(err, ErrUnsupported) || errors.As(err, &notFound) || errors.As(err, &probe) || errors.As(err, &missing) || errors.As(err, &offline) ||
		errors.Is(err, ErrStatic) || errors.As(err, &packed) || errors.Is(err, ErrNotPackable) || errors.Is(err, ErrForeign) ||
		errors.As(err, &damaged) || errors.As(err, &hash) || errors.As(err, &install) || errors.As(err, &cache) || errors.As(err, &config)
}
