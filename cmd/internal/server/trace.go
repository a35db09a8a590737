package server

import (
	"net/http"
	"slices"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// addTracing puts a span around each request, a child of the caller's by the W3C headers.
// Probes have none, and gRPC makes its own.
func (s *Server) addTracing() {
	s.tracer = s.o.Tracer.Tracer("github.com/mistralbridge/mistralbridge/cmd/internal/server")
	s.handler = otelhttp.NewHandler(s, "", otelhttp.WithTracerProvider(s.o.Tracer),
		otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			return r.Method + " " + r.URL.Path // a route's: see the filter
		}),
		otelhttp.WithFilter(func(r *http.Request) bool {
			rt := s.routes[r.URL.Path]
			return rt != nil && !rt.Probe && slices.Contains(rt.Methods, r.Method) && (s.o.GRPC == nil || !isGRPC(r))
		}))
}

// annotate adds to the request's span what is known at its end.
func (x *exchange) annotate(received int) {
	span := trace.SpanFromContext(x.r.Context())
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String("http.route", x.route.Path), attribute.Int("mtok.body_bytes", received), attribute.Int("mtok.tokens", max(x.tokens, 0)))
	if x.given != "" {
		span.SetAttributes(attribute.String("mtok.request_id", x.given))
	}
	if x.failure != "" {
		span.SetAttributes(attribute.String("mtok.failure", x.failure))
		span.SetStatus(codes.Error, x.failure)
	}
	if x.called.IsZero() {
		return
	}
	_, call := x.s.tracer.Start(x.r.Context(), "engine.Serve", trace.WithTimestamp(x.called))
	call.End(trace.WithTimestamp(x.answered))
	_, encode := x.s.tracer.Start(x.r.Context(), "encode", trace.WithTimestamp(x.answered))
	encode.End()
}
