package rpc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

func TestPrometheus(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	c := v1.NewTokenizerServiceClient(dial(t, ways[0], shared, rpc.Options{Metrics: rpc.NewPrometheus(registry)}))
	for range 2 {
		_, err := c.TokenizeChat(t.Context(), chat("", hello))
		require.NoError(t, err)
	}
	_, err := c.TokenizeChat(t.Context(), chat("gone", hello))
	require.Error(t, err)
	const want = `
# HELP mtok_grpc_requests_in_flight Calls that are being served now, health checks left out.
# TYPE mtok_grpc_requests_in_flight gauge
mtok_grpc_requests_in_flight 0
# HELP mtok_grpc_requests_total Calls that have ended, by gRPC's code.
# TYPE mtok_grpc_requests_total counter
mtok_grpc_requests_total{code="NotFound",method="mistralbridge.v1.TokenizerService/TokenizeChat"} 1
mtok_grpc_requests_total{code="OK",method="mistralbridge.v1.TokenizerService/TokenizeChat"} 2
# HELP mtok_grpc_tokens_total Tokens in answers.
# TYPE mtok_grpc_tokens_total counter
mtok_grpc_tokens_total{method="mistralbridge.v1.TokenizerService/TokenizeChat"} 14
`
	require.Eventually(t, func() bool {
		return testutil.GatherAndCompare(registry, strings.NewReader(want), "mtok_grpc_requests_in_flight", "mtok_grpc_requests_total", "mtok_grpc_tokens_total") == nil
	}, hang, time.Millisecond)
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	assert.Empty(t, problems)
}
