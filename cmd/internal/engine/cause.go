package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"syscall"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Cause says what failed as far as it cannot quote the request: texts of Python may.
func Cause(err error) string {
	var none *bridge.NoWorkerError
	if errors.As(err, &none) {
		return none.Error() // nothing that has seen a request has a part in it
	}
	var worker *bridge.WorkerError
	if errors.As(err, &worker) {
		return worker.Error()
	}
	if raised := bridge.RaisedBy(err); raised != nil {
		return raised.Class
	}
	for _, cause := range known {
		if errors.Is(err, cause) {
			return cause.Error()
		}
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return fmt.Sprintf("%T", innermost(err))
}

// known are causes whose texts are ours.
var known = []error{
	bridge.ErrTimeLimit, bridge.ErrCrashLoop, bridge.ErrInternal, bridge.ErrInvalidUTF8, bridge.ErrOverloaded, bridge.ErrClosed,
	bridge.ErrTooLarge, context.DeadlineExceeded, context.Canceled,
}

// innermost goes to what fmt.Errorf and errors.Join have around them.
func innermost(err error) error {
	for {
		switch e := err.(type) { //nolint:errorlint // it is unwrapped here
		case interface{ Unwrap() error }:
			if e.Unwrap() == nil {
				return err
			}
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			if len(e.Unwrap()) == 0 {
				return err
			}
			err = e.Unwrap()[0]
		default:
			return err
		}
	}
}

// Attrs returns what a log says about a Python exception; nothing for nil.
func Attrs(r *bridge.Raised) []slog.Attr {
	if r == nil {
		return nil
	}
	return []slog.Attr{slog.String("class", r.Class), slog.String("place", r.Place)}
}
