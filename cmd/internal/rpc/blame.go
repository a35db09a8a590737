package rpc

import (
	"context"
	"errors"
	"log/slog"

	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// blame logs and counts what is behind an INTERNAL: class and place of an exception, and the
// call's id; never its text, which may quote the request.
type blame struct {
	log   *slog.Logger
	count func(class string)
}

func (b blame) report(ctx context.Context, err error) {
	var f *callError
	if !errors.As(err, &f) || f.code != codes.Internal {
		return
	}
	if f.raised != nil && b.count != nil {
		b.count(f.raised.Class)
	}
	if b.log == nil {
		return
	}
	method := ""
	if c := record(ctx); c != nil {
		method = c.method
	}
	attrs := []slog.Attr{slog.String("method", method), slog.String("request_id", requestID(ctx)), slog.String("reason", f.reason)}
	if f.cause != "" {
		attrs = append(attrs, slog.String("cause", f.cause))
	}
	b.log.LogAttrs(ctx, slog.LevelWarn, "a call could not be served", append(attrs, engine.Attrs(f.raised)...)...)
}
