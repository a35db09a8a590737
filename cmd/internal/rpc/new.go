package rpc

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	mistralbridgev1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

// Pings of a client that are answered; llm-d's sends one in ten minutes, service meshes
// one in ten seconds.
const minPing = 10 * time.Second

// New returns a gRPC server on e that listens nowhere yet. It starts no goroutine. It is
// an http.Handler too: see the package's doc.
func New(e Engine, o Options) *grpc.Server {
	if o.MaxMessage <= 0 {
		o.MaxMessage = DefaultMaxMessage
	}
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	access := o.Log
	if o.Quiet {
		access = nil
	}
	b := blame{log: o.Log, count: o.Raised}
	g := &guard{timeout: o.Timeout, allowed: o.Authorize, log: o.Log, blame: b}
	opts := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(o.MaxMessage),
		grpc.MaxSendMsgSize(o.MaxMessage),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.UnaryInterceptor(g.unary),
		grpc.StreamInterceptor(g.stream),
	}
	if o.TracerProvider != nil {
		opts = append(opts, grpc.StatsHandler(newTracing(o.TracerProvider)))
	}
	// Last, so that it sees the span in its context.
	opts = append(opts, grpc.StatsHandler(&observer{log: access, metrics: o.Metrics}))
	s := grpc.NewServer(opts...)
	m := &models{engine: e}
	mistralbridgev1.RegisterTokenizerServiceServer(s, &tokenizerService{models: m, window: o.Window, timeout: o.Timeout, log: o.Log, blame: b})
	tokenization.RegisterTokenizationServiceServer(s, &llmdService{models: m})
	grpc_health_v1.RegisterHealthServer(s, newHealth(e, s))
	reflection.Register(s) // v1, and v1alpha, which Python asks for
	return s
}

// Stop ends a server that has listeners of its own: it takes no more calls, waits for those
// under way, and when ctx ends cuts them. Behind an http.Server call it after that one's
// Shutdown.
func Stop(ctx context.Context, s *grpc.Server) {
	stop := context.AfterFunc(ctx, s.Stop)
	defer stop()
	s.GracefulStop()
}
