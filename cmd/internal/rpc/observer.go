package rpc

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// observer writes the access log and the metrics, from what gRPC itself reports about a
// call. The log has no message of a status: it may quote the request.
type observer struct {
	log     *slog.Logger
	metrics Metrics
}

// call is what is noted about a call while it lasts.
type call struct {
	id, method string
	health     bool
	intake     Intake // nil: none
	received   atomic.Int64
	sent       atomic.Int64
	tokens     atomic.Int64
}

type callKey struct{}

func record(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// count notes that n tokens were answered.
func count(ctx context.Context, n int) {
	if c := record(ctx); c != nil {
		c.tokens.Add(int64(n))
	}
}

func (o *observer) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	method := strings.TrimPrefix(info.FullMethodName, "/")
	return context.WithValue(ctx, callKey{}, &call{
		id: takeRequestID(ctx), method: method, intake: intakeOf(ctx),
		health: strings.HasPrefix(method, grpc_health_v1.Health_ServiceDesc.ServiceName+"/"),
	})
}

// HandleRPC is called with Begin and End for methods that exist only.
func (o *observer) HandleRPC(ctx context.Context, s stats.RPCStats) {
	c := record(ctx)
	if c == nil {
		return
	}
	switch s := s.(type) {
	case *stats.Begin:
		if o.metrics != nil && !c.health {
			o.metrics.RPCStarted(c.method)
		}
	case *stats.InPayload:
		c.received.Add(int64(s.WireLength))
		if c.intake != nil {
			c.intake.Took()
		}
	case *stats.OutPayload:
		c.sent.Add(int64(s.WireLength))
		if c.intake != nil {
			c.intake.Answered()
		}
	case *stats.End:
		o.end(ctx, c, status.Code(s.Error), s.EndTime.Sub(s.BeginTime))
	}
}

func (o *observer) end(ctx context.Context, c *call, code codes.Code, elapsed time.Duration) {
	received, sent, tokens := c.received.Load(), c.sent.Load(), c.tokens.Load()
	if o.metrics != nil && !c.health {
		o.metrics.RPCHandled(c.method, code.String(), elapsed, received, sent, tokens)
	}
	level := slog.LevelInfo
	if c.health {
		level = slog.LevelDebug
	}
	if o.log == nil || !o.log.Enabled(ctx, level) {
		return
	}
	remote := ""
	if p, ok := peer.FromContext(ctx); ok {
		remote = p.Addr.String()
	}
	o.log.LogAttrs(ctx, level, "rpc", slog.String("method", c.method), slog.String("code", code.String()),
		slog.Int64("received", received), slog.Int64("sent", sent), slog.Int64("tokens", tokens),
		slog.Duration("duration", elapsed), slog.String("request_id", c.id), slog.String("remote", remote))
}

// TagConn and HandleConn complete stats.Handler: connections are not observed.
func (o *observer) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn does nothing.
func (o *observer) HandleConn(context.Context, stats.ConnStats) {}
