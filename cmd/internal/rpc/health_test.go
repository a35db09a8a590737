package rpc_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
)

// faulty is the engine with faults put in.
type faulty struct {
	*engine.Engine
	ready atomic.Pointer[error]
	find  func(string) // called by Lookup
}

func (f *faulty) Ready() error {
	if err := f.ready.Load(); err != nil {
		return *err
	}
	return f.Engine.Ready()
}

func (f *faulty) Lookup(name string) (*engine.Model, bool) {
	if f.find != nil {
		f.find(name)
	}
	return f.Engine.Lookup(name)
}

const (
	serving    = grpc_health_v1.HealthCheckResponse_SERVING
	notServing = grpc_health_v1.HealthCheckResponse_NOT_SERVING
)

var services = []string{"", "mistralbridge.v1.TokenizerService", "tokenization.TokenizationService", "grpc.health.v1.Health"}

func TestHealth_engine(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			e := &faulty{Engine: shared}
			c := grpc_health_v1.NewHealthClient(dial(t, w, e, rpc.Options{}))
			check := func(want grpc_health_v1.HealthCheckResponse_ServingStatus) {
				t.Helper()
				for _, name := range services {
					got, err := c.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: name})
					require.NoError(t, err)
					assert.Equal(t, want, got.GetStatus(), name)
				}
				list, err := c.List(t.Context(), &grpc_health_v1.HealthListRequest{})
				require.NoError(t, err)
				for _, name := range services {
					require.Contains(t, list.GetStatuses(), name)
					assert.Equal(t, want, list.GetStatuses()[name].GetStatus())
				}
			}
			watch, err := c.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
			require.NoError(t, err)
			told := func(want grpc_health_v1.HealthCheckResponse_ServingStatus) {
				t.Helper()
				got, err := watch.Recv()
				require.NoError(t, err)
				assert.Equal(t, want, got.GetStatus())
			}
			check(serving)
			told(serving)
			e.ready.Store(ptr(bridge.ErrCrashLoop))
			check(notServing)
			told(notServing)
			e.ready.Store(nil)
			told(serving)
			e.ready.Store(ptr(engine.ErrDraining))
			check(notServing)
			told(notServing)
			_, err = watch.Recv() // so that a graceful stop is not held up
			failed(t, err, codes.Unavailable, "CLOSED")

			_, err = c.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "gone"})
			assert.Equal(t, codes.NotFound, status.Code(err))
		})
	}
}

func TestHealth_Watch_unknownService(t *testing.T) {
	c := grpc_health_v1.NewHealthClient(dial(t, ways[0], shared, rpc.Options{}))
	watch, err := c.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "gone"})
	require.NoError(t, err)
	got, err := watch.Recv()
	require.NoError(t, err)
	assert.Equal(t, grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN, got.GetStatus())
}

// Reflection gives grpcurl and its like the services and their files.
func TestReflection(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) {
			stream, err := grpc_reflection_v1.NewServerReflectionClient(dial(t, w, shared, rpc.Options{})).ServerReflectionInfo(t.Context())
			require.NoError(t, err)
			require.NoError(t, stream.Send(&grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}}))
			got, err := stream.Recv()
			require.NoError(t, err)
			var names []string
			for _, s := range got.GetListServicesResponse().GetService() {
				names = append(names, s.GetName())
			}
			assert.ElementsMatch(t, append(services[1:], "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"), names)
			for _, name := range services[1:] {
				require.NoError(t, stream.Send(&grpc_reflection_v1.ServerReflectionRequest{
					MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: name},
				}))
				got, err := stream.Recv()
				require.NoError(t, err)
				assert.NotEmpty(t, got.GetFileDescriptorResponse().GetFileDescriptorProto(), name)
			}
			require.NoError(t, stream.CloseSend())
			_, err = stream.Recv()
			require.Error(t, err)
		})
	}
}

// Watches have no end and no key: there are so many, and no more.
func TestHealth_Watch_limit(t *testing.T) {
	const most = 1024
	c := grpc_health_v1.NewHealthClient(dial(t, ways[0], shared, rpc.Options{}))
	ctx, cancel := context.WithCancel(t.Context())
	first, err := c.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	_, err = first.Recv()
	require.NoError(t, err)
	watch := func() error {
		w, err := c.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		require.NoError(t, err)
		_, err = w.Recv()
		return err
	}
	for range most - 1 {
		require.NoError(t, watch())
	}
	assert.Equal(t, codes.ResourceExhausted, status.Code(watch()))
	got, err := c.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	assert.Equal(t, grpc_health_v1.HealthCheckResponse_SERVING, got.GetStatus())
	cancel()
	require.Eventually(t, func() bool { return watch() == nil }, hang, time.Millisecond, "there is room again")
}
