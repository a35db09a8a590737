package rpc_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// A chat is cut to max_model_input_len, by a tokenizer that cuts.
func TestTokenizeChat_maxModelInputLen(t *testing.T) {
	e, err := engine.Open(t.Context(), engine.Options{
		Bridge: []bridge.Option{bridge.WithDistribution(bundled.Python())}, Models: []engine.ModelSpec{{Source: bridge.Shipped("v7"), Name: "cuts"}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close(context.Background())) })
	c := v1.NewTokenizerServiceClient(dial(t, ways[0], e, rpc.Options{}))
	r := chat("cuts", `{"truncate_for_context_length":true,"messages":[{"role":"user","content":"`+strings.Repeat("old ", 100)+
		`"},{"role":"assistant","content":"yes"},{"role":"user","content":"new"}]}`)
	_, err = c.TokenizeChat(t.Context(), r)
	failed(t, err, codes.InvalidArgument, "REFERENCE_REJECTED")
	for limit, least := range map[int32]int{20: 1, 1000: 101} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			r.MaxModelInputLen = &limit
			got, err := c.TokenizeChat(t.Context(), r)
			require.NoError(t, err)
			assert.LessOrEqual(t, len(got.GetTokens()), int(limit))
			assert.GreaterOrEqual(t, len(got.GetTokens()), least)
			n, err := c.Count(t.Context(), &v1.CountRequest{Input: &v1.CountRequest_TokenizeChat{TokenizeChat: r}})
			require.NoError(t, err)
			assert.Equal(t, int64(len(got.GetTokens())), n.GetCount())
		})
	}
}

// An id that there is not is named as the caller wrote it.
func TestDetokenize_unknownIDs(t *testing.T) {
	for id, model := range map[int32]string{131072: "tekken", -1: "tekken", 32768: "spm", -7: "spm"} {
		t.Run(fmt.Sprint(id), func(t *testing.T) {
			_, err := typed(t).Detokenize(t.Context(), &v1.DetokenizeRequest{Model: model, Tokens: []int32{5, id}})
			s, info := failed(t, err, codes.InvalidArgument, "REFERENCE_REJECTED")
			assert.Contains(t, s.Message(), "tokens[1] is ")
			assert.Equal(t, "tokens.1", info.GetMetadata()["field"])
		})
	}
}
