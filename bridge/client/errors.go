package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// ErrUnauthorized is of a server that asks for a key: WithAPIKey. It is in a *ServerError.
var ErrUnauthorized = errors.New("the server asks for an API key, or does not know this one (client.WithAPIKey)")

// ServerError is what the server answered when it could not serve a call, or would not: it was
// overloaded, ended, has no such model, met a fault of its own. bridge.ReasonOf is its Reason.
//
// errors.Is finds bridge.ErrOverloaded, ErrTooLarge, ErrTimeLimit, ErrClosed, ErrWorkerDied,
// ErrWorkerMemory, ErrCrashLoop and ErrNoWorker in it as the Reason says, and errors.As a
// *bridge.WorkerError or *bridge.NoWorkerError, which here know little more.
type ServerError struct {
	Op         string        // the operation that failed
	Status     int           // of HTTP
	Reason     bridge.Reason // why
	Message    string        // the server's
	RetryAfter time.Duration // when to try again; 0: the server did not say
	Err        error         // what stands for the Reason, nil where nothing does
}

// Error says what the server said.
func (e *ServerError) Error() string {
	return fmt.Sprintf("bridge: %s: the server answered %d: %s", e.Op, e.Status, e.Message)
}

// Unwrap returns Err.
func (e *ServerError) Unwrap() error { return e.Err }

// BridgeReason is for bridge.ReasonOf.
func (e *ServerError) BridgeReason() bridge.Reason { return e.Reason }

// causeOf is the error of package bridge that stands for a reason.
func causeOf(reason bridge.Reason, message string) error {
	switch reason {
	case bridge.ReasonOverloaded:
		return bridge.ErrOverloaded
	case bridge.ReasonTooLarge:
		return bridge.ErrTooLarge
	case bridge.ReasonTimeout:
		return bridge.ErrTimeLimit
	case bridge.ReasonClosed:
		return bridge.ErrClosed
	case bridge.ReasonCrashLoop:
		return bridge.ErrCrashLoop
	case bridge.ReasonWorkerDied:
		return &bridge.WorkerError{Kind: bridge.ErrWorkerDied, Exit: -1}
	case bridge.ReasonWorkerMemory:
		return &bridge.WorkerError{Kind: bridge.ErrWorkerMemory, Exit: -1}
	case bridge.ReasonNoWorker:
		return &bridge.NoWorkerError{Err: errors.New(message)}
	case bridge.ReasonInvalid:
		return bridge.ErrInvalidRequest
	}
	return nil
}

// TransportError is a call that did not reach the server, or whose answer did not arrive.
//
// For bridge.ReasonOf, HTTPStatus and Retryable a server that cannot be reached is
// bridge.ReasonNoWorker, and a connection that broke during the call bridge.ReasonWorkerDied: both
// may be tried again. So errors.Is finds bridge.ErrNoWorker or bridge.ErrWorkerDied. A timeout of
// the http.Client is bridge.ReasonTimeout; a certificate that will not do bridge.ReasonInternal.
type TransportError struct {
	Op      string // the call that failed
	Address string // of the server
	Err     error  // of package net, crypto/tls and their like

	reason bridge.Reason
}

func newTransportError(op, address string, err error) *TransportError {
	e := &TransportError{Op: op, Address: address, Err: err, reason: bridge.ReasonWorkerDied}
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.reason = bridge.ReasonTimeout
	case errors.As(err, &certificate), errors.As(err, &alert), errors.As(err, &record):
		e.reason = bridge.ReasonInternal
	case errors.As(err, &dial) && dial.Op == "dial":
		e.reason = bridge.ReasonNoWorker
	}
	return e
}

// Error names the server and says what happened.
func (e *TransportError) Error() string {
	return fmt.Sprintf("bridge: %s: no answer of %s: %v", e.Op, e.Address, e.Err)
}

// Unwrap returns Err, and the error of package bridge that stands for it.
func (e *TransportError) Unwrap() []error {
	switch e.reason {
	case bridge.ReasonNoWorker:
		return []error{e.Err, bridge.ErrNoWorker}
	case bridge.ReasonWorkerDied:
		return []error{e.Err, bridge.ErrWorkerDied}
	}
	return []error{e.Err}
}

// BridgeReason is for bridge.ReasonOf.
func (e *TransportError) BridgeReason() bridge.Reason { return e.reason }
