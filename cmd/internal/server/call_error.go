package server

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// failCall answers a call that brought no answer.
func (x *exchange) failCall(err error) {
	f := engine.Classify(err)
	if f.Status >= http.StatusInternalServerError && f.Code != "loading" && f.Code != "closed" {
		x.blame("a request could not be served", bridge.RaisedBy(err), slog.String("failure", f.Code), slog.String("cause", engine.Cause(err)))
	}
	x.fail(f)
}

// blame logs and counts what is behind a failure of the server's own: class and place of an
// exception, and the request's id; never its text, which may quote the request.
func (x *exchange) blame(message string, raised *bridge.Raised, more ...slog.Attr) {
	attrs := append([]slog.Attr{slog.String("route", x.route.Path), slog.String("id", x.id())}, more...)
	if raised != nil {
		x.s.o.Metrics.Raised(raised.Class)
	}
	x.s.o.Log.LogAttrs(context.Background(), slog.LevelWarn, message, append(attrs, engine.Attrs(raised)...)...)
}
