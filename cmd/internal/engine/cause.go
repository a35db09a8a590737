package engine

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// Cause says what failed as far as it cannot quote the request: texts of Python may.
func Cause(err error) string {
	var worker *bridge.WorkerError
	if errors.As(err, &worker) {
		return worker.Error()
	}
	if raised := bridge.RaisedBy(err); raised != nil {
		return raised.Class
	}
	for _, known := range []error{bridge.ErrTimeLimit, bridge.ErrCrashLoop, bridge.ErrInternal, bridge.ErrInvalidUTF8} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return fmt.Sprintf("%T", err)
}

// Attrs are what a log says of a Python exception; none of nil.
func Attrs(r *bridge.Raised) []slog.Attr {
	if r == nil {
		return nil
	}
	return []slog.Attr{slog.String("class", r.Class), slog.String("place", r.Place)}
}
