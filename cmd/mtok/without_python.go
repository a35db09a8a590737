package main

import (
	"context"
	"log/slog"
)

// withoutPython is a log of what the bridge says for itself, such as that a worker has died.
// Lines that Python printed or logged, which carry the name of their logger, may quote a
// request: they are in no log unless --verbose asks for them.
type withoutPython struct{ slog.Handler }

func (h withoutPython) Handle(ctx context.Context, r slog.Record) error {
	pythons := false
	r.Attrs(func(a slog.Attr) bool {
		pythons = a.Key == "logger"
		return !pythons
	})
	if pythons {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h withoutPython) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withoutPython{h.Handler.WithAttrs(attrs)}
}

func (h withoutPython) WithGroup(name string) slog.Handler {
	return withoutPython{h.Handler.WithGroup(name)}
}
