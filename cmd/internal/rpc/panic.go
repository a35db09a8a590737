package rpc

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"google.golang.org/grpc/codes"
)

var errInternal = &callError{code: codes.Internal, reason: reasonInternal, message: "Internal server error."}

// recovered, deferred, turns a panic into an INTERNAL and keeps the process alive. What was
// given to panic may quote the request: the log has its type, and the functions of the
// stack with numbers for arguments.
func recovered(ctx context.Context, log *slog.Logger, method string, err *error) {
	v := recover()
	if v == nil {
		return
	}
	if log != nil {
		log.LogAttrs(ctx, slog.LevelError, "panic in a call", slog.String("method", method),
			slog.String("request_id", requestID(ctx)), slog.String("type", fmt.Sprintf("%T", v)), slog.String("stack", string(debug.Stack())))
	}
	*err = errInternal
}
