package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// guard stands before every call: it requires a key, sets the limit on time, returns
// the call's id to the caller, and turns a panic into an INTERNAL.
type guard struct {
	timeout time.Duration
	allowed func(authorization string) bool
	log     *slog.Logger
	blame   blame
}

// errOwnLimit distinguishes the server's limit from the caller's deadline.
var errOwnLimit = errors.New("the server's limit on time")

func (g *guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (resp any, err error) {
	defer recovered(ctx, g.log, info.FullMethod, &err)
	if err := g.authorize(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	// Fails only after the header was sent, which nothing before this does.
	_ = grpc.SetHeader(ctx, metadata.Pairs(requestIDKey, requestID(ctx)))
	ctx, cancel := withLimit(ctx, g.timeout)
	defer cancel()
	if resp, err = handle(ctx, req); err != nil {
		err = statusOf(ctx, err)
		g.blame.report(ctx, err)
		return nil, err
	}
	if message, ok := resp.(proto.Message); ok {
		if in := intakeOf(ctx); in != nil {
			in.Answers(proto.Size(message))
		}
	}
	return resp, nil
}

// stream sets no limit: one on each request of a stream is the service's.
func (g *guard) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	defer recovered(s.Context(), g.log, info.FullMethod, &err)
	if err := g.authorize(s.Context(), info.FullMethod); err != nil {
		return err
	}
	_ = s.SetHeader(metadata.Pairs(requestIDKey, requestID(s.Context())))
	if err = handle(srv, s); err != nil {
		err = statusOf(s.Context(), err)
		g.blame.report(s.Context(), err)
		return err
	}
	return nil
}

// statusOf explains what is no status yet.
func statusOf(ctx context.Context, err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	return explain(ctx, err)
}

func withLimit(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w, %v, is over", errOwnLimit, limit))
}

// IsHealth reports whether a path is a method of health, which wants no key.
func IsHealth(path string) bool {
	return strings.HasPrefix(path, "/"+grpc_health_v1.Health_ServiceDesc.ServiceName+"/")
}

// authorize lets health checks pass: probes have no key.
func (g *guard) authorize(ctx context.Context, method string) error {
	if g.allowed == nil || IsHealth(method) {
		return nil
	}
	given := ""
	if values := metadata.ValueFromIncomingContext(ctx, "authorization"); len(values) > 0 {
		given = values[0]
	}
	if g.allowed(given) {
		return nil
	}
	return ErrUnauthenticated
}

// ErrUnauthenticated is that of a call without a key, or with an unknown one.
var ErrUnauthenticated error = &callError{code: codes.Unauthenticated, reason: "UNAUTHENTICATED", message: "Unauthorized"}
