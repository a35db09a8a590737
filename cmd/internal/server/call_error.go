package server

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// failCall answers a call that brought no answer.
func (x *exchange) failCall(err error) {
	f := engine.Classify(err)
	if f.Status >= 500 && f.Code != "loading" && f.Code != "closed" {
		x.s.o.Log.Error("a request could not be served", slog.String("route", x.route.Path),
			slog.String("failure", f.Code), slog.String("cause", cause(err)))
	}
	x.fail(f)
}

// cause says what failed as far as it cannot quote the request: texts of Python may.
func cause(err error) string {
	var worker *bridge.WorkerError
	if errors.As(err, &worker) {
		return worker.Error()
	}
	var py *bridge.PyError
	if errors.As(err, &py) {
		return py.Module + "." + py.Type
	}
	for _, known := range []error{bridge.ErrTimeLimit, bridge.ErrCrashLoop, bridge.ErrInternal, bridge.ErrInvalidUTF8} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return fmt.Sprintf("%T", err)
}
