package telemetry_test

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/telemetry"
)

// clear takes the variables away that the machine may have.
func clear(t *testing.T) {
	for _, name := range []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL",
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES",
	} {
		t.Setenv(name, "")
	}
}

func TestNewTracing_off(t *testing.T) {
	clear(t)
	for i, set := range []map[string]string{
		{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			for k, v := range set {
				t.Setenv(k, v)
			}
			p, err := telemetry.NewTracing(t.Context(), "v1")
			require.NoError(t, err)
			assert.Nil(t, p)
			clear(t)
		})
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "smoke")
	_, err := telemetry.NewTracing(t.Context(), "v1")
	require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_PROTOCOL=smoke")
}

// A collector on a real port gets what was recorded, with the name of the service.
func TestNewTracing_exports(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	got := make(chan string, 1)
	collector := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- r.URL.Path + "\n" + string(b)
	})}
	go func() { _ = collector.Serve(l) }()
	defer collector.Close()
	clear(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+l.Addr().String())
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
	p, err := telemetry.NewTracing(t.Context(), "v1.2.3")
	require.NoError(t, err)
	_, span := p.Tracer("t").Start(t.Context(), "POST /tokenize")
	span.End()
	require.NoError(t, p.Shutdown(t.Context()))
	sent := <-got
	assert.Contains(t, sent, "/v1/traces\n")
	for _, want := range []string{"POST /tokenize", "service.name", "mtok", "v1.2.3", "deployment.environment"} {
		assert.Contains(t, sent, want)
	}
}
