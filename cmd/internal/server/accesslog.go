package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// log writes the line of the access log.
func (x *exchange) log(received int, end time.Time) {
	level := slog.LevelInfo
	if x.route.Probe {
		level = slog.LevelDebug
	}
	ctx := context.Background()
	if !x.s.o.Log.Enabled(ctx, level) {
		return
	}
	var call time.Duration
	if !x.called.IsZero() {
		call = x.answered.Sub(x.called)
	}
	attrs := [11]slog.Attr{
		slog.String("method", method(x.r.Method)), slog.String("route", x.route.Path), slog.Int("status", x.status),
		slog.Int("in", received), slog.Int("out", x.sent), slog.Int("tokens", max(x.tokens, 0)),
		slog.Duration("took", end.Sub(x.begun)), slog.Duration("call", call),
		slog.String("id", x.id()), slog.String("remote", x.r.RemoteAddr), slog.String("failure", x.failure),
	}
	n := len(attrs)
	if x.failure == "" {
		n--
	}
	x.s.o.Log.LogAttrs(ctx, level, "request", attrs[:n]...)
}

// id is the caller's, or one of the server's own, the same in each line about the request.
func (x *exchange) id() string {
	switch given := x.w.Header()["X-Request-Id"]; {
	case x.given != "":
		return x.given
	case given != nil:
		return given[0]
	case x.made == "":
		x.made = newID()
	}
	return x.made
}

// method is a request's, or "other": a method is any word that the caller likes.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
		return m
	}
	return "other"
}
