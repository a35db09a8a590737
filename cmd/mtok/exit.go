package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// The exit codes, which scripts rely on.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitEnvironment = 3
	exitRejected    = 4
)

// usageError is a command line that cannot be taken.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// environmentError is a Python that could not be found, built or started.
type environmentError struct{ error }

func (e environmentError) Unwrap() error { return e.error }

// inputError is an input that nothing can be asked about.
type inputError struct{ error }

func (e inputError) Unwrap() []error { return []error{e.error, bridge.ErrInvalidRequest} }

// errQuiet is a failure that has been reported already.
var errQuiet = errors.New("failed")

// exitCode reports an error on stderr, as JSON under --json, and returns its code.
func exitCode(err error, asJSON bool, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	code, text := exitOfError(err), strings.TrimPrefix(err.Error(), "bridge: ")
	switch {
	case errors.Is(err, errQuiet):
		return code
	case errors.Is(err, context.Canceled):
		text = "interrupted"
	case isUnknownCommand(err):
		text += "; see mtok --help"
	}
	if asJSON {
		printErrorJSON(stderr, err, text, code)
	} else {
		// An error names what it was given, which may hold anything.
		fmt.Fprintln(stderr, "mtok:", visible(text))
	}
	return code
}

func isUnknownCommand(err error) bool { return strings.HasPrefix(err.Error(), "unknown command") }

func exitOfError(err error) int {
	var usage usageError
	var env environmentError
	switch {
	case errors.Is(err, context.Canceled):
		return exitFailure
	case isOfflineError(err):
		return exitEnvironment
	case isUnknownCommand(err), errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &env), isMissingVLLM(err):
		return exitEnvironment
	}
	return exitOf(bridge.ReasonOf(err))
}

// isMissingVLLM reports whether err is of a Python without vLLM, which another --env has.
func isMissingVLLM(err error) bool {
	var py *bridge.PyError
	return errors.As(err, &py) && py.Type == "MissingVllm"
}

// exitOf is the exit code of a reason.
func exitOf(r bridge.Reason) int {
	switch r {
	case bridge.ReasonRejected, bridge.ReasonInvalid, bridge.ReasonMediaDenied, bridge.ReasonMediaTooLarge, bridge.ReasonTooLarge:
		return exitRejected
	case bridge.ReasonUnknownTokenizer, bridge.ReasonUsage:
		return exitUsage
	case bridge.ReasonEnvironment:
		return exitEnvironment
	}
	return exitFailure
}
