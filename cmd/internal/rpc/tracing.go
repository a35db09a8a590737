package rpc

import (
	"context"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc/filters"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// tracing is otelgrpc without the words of a status: a span would keep those of an INTERNAL,
// which can quote the request.
type tracing struct{ stats.Handler }

func newTracing(p trace.TracerProvider) tracing {
	return tracing{otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(p),
		otelgrpc.WithMeterProvider(noop.NewMeterProvider()),
		otelgrpc.WithPropagators(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})),
		otelgrpc.WithFilter(filters.Not(filters.HealthCheck())),
	)}
}

// HandleRPC passes everything on, and of an error its code.
func (t tracing) HandleRPC(ctx context.Context, s stats.RPCStats) {
	if end, ok := s.(*stats.End); ok && end.Error != nil {
		bare := *end
		bare.Error = status.Error(status.Code(end.Error), "")
		s = &bare
	}
	t.Handler.HandleRPC(ctx, s)
}
