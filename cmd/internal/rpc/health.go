package rpc

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// health answers from the engine's Ready, which only reads memory: for "" and for each
// service of the server, all of which the same models serve.
type health struct {
	grpc_health_v1.UnimplementedHealthServer
	engine   Engine
	services func() map[string]grpc.ServiceInfo
	watches  atomic.Int64
}

// maxWatches is how many watches there may be. They need no key and have no end of their own, so that who opens
// them would decide how many.
const maxWatches = 1024

// lookEvery is how soon a Watch notices a change.
const lookEvery = 250 * time.Millisecond

// newHealth returns the health of the services that s has when it is first asked.
func newHealth(e Engine, s *grpc.Server) *health {
	return &health{engine: e, services: sync.OnceValue(s.GetServiceInfo)}
}

func (h *health) status(service string) grpc_health_v1.HealthCheckResponse_ServingStatus {
	return statusWhen(h.engine.Ready(), h.known(service))
}

func (h *health) known(service string) bool {
	_, ok := h.services()[service]
	return ok || service == ""
}

func statusWhen(ready error, known bool) grpc_health_v1.HealthCheckResponse_ServingStatus {
	if !known {
		return grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN
	}
	if ready != nil {
		return grpc_health_v1.HealthCheckResponse_NOT_SERVING
	}
	return grpc_health_v1.HealthCheckResponse_SERVING
}

func (h *health) Check(_ context.Context, r *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	s := h.status(r.GetService())
	if s == grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN {
		return nil, status.Error(codes.NotFound, "unknown service")
	}
	return &grpc_health_v1.HealthCheckResponse{Status: s}, nil
}

// List has the status of all services.
func (h *health) List(context.Context, *grpc_health_v1.HealthListRequest) (*grpc_health_v1.HealthListResponse, error) {
	resp := &grpc_health_v1.HealthListResponse{Statuses: map[string]*grpc_health_v1.HealthCheckResponse{"": {Status: h.status("")}}}
	for name := range h.services() {
		resp.Statuses[name] = &grpc_health_v1.HealthCheckResponse{Status: h.status(name)}
	}
	return resp, nil
}

// Watch sends each change. It ends when the server drains, after saying so: a watch has no
// end of its own, and would hold a graceful stop up.
func (h *health) Watch(r *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	defer h.watches.Add(-1)
	if h.watches.Add(1) > maxWatches {
		return status.Errorf(codes.ResourceExhausted, "there are %d watches already; Check has no such limit", maxWatches)
	}
	known := h.known(r.GetService())
	r.Service = "" // whose length is the caller's
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last := grpc_health_v1.HealthCheckResponse_ServingStatus(-1)
	for {
		ready := h.engine.Ready()
		if now := statusWhen(ready, known); now != last {
			if err := stream.Send(&grpc_health_v1.HealthCheckResponse{Status: now}); err != nil {
				return err
			}
			last = now
		}
		if errors.Is(ready, engine.ErrDraining) {
			return ready
		}
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-tick.C:
		}
	}
}
