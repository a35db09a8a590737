package rpc_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

func renderChat(body string) *v1.RenderRequest {
	return &v1.RenderRequest{Request: &v1.RenderRequest_ChatCompletionJson{ChatCompletionJson: []byte(body)}}
}

func renderCompletion(body string) *v1.RenderRequest {
	return &v1.RenderRequest{Request: &v1.RenderRequest_CompletionJson{CompletionJson: []byte(body)}}
}

// What Render gives is the HTTP answer in two pieces: put together they are it.
func TestRender_sameAsHTTP(t *testing.T) {
	c := typed(t)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "id")
	for _, k := range chats {
		got, err := c.Render(ctx, renderChat(k.body))
		require.NoError(t, err)
		require.Len(t, got.GetRendered(), 1)
		r := got.GetRendered()[0]
		assert.Equal(t, "chatcmpl-id", r.GetRequestId())
		assert.NotEmpty(t, r.GetModel())
		assert.Nil(t, r.GetFeatures())
		answer, err := shared.Serve(t.Context(), refserver.Request{Route: refserver.RouteRenderChat, Body: []byte(k.body), ID: "id"})
		require.NoError(t, err)
		assert.JSONEq(t, string(answer.AppendBody(nil)), string(together(t, r)))
	}
	for _, body := range []string{
		`{"model":"tekken","prompt":"Hello"}`, `{"model":"spm","prompt":["a","b c"],"max_tokens":7}`, `{"model":"spm","prompt":["a"]}`, `{"model":"tekken","prompt":[[1,2,3],[4]]}`,
	} {
		t.Run(body, func(t *testing.T) {
			got, err := c.Render(ctx, renderCompletion(body))
			require.NoError(t, err, body)
			var want []json.RawMessage
			answer, err := shared.Serve(t.Context(), refserver.Request{Route: refserver.RouteRenderCompletion, Body: []byte(body), ID: "id"})
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(answer.AppendBody(nil), &want))
			require.Len(t, got.GetRendered(), len(want))
			for i, r := range got.GetRendered() {
				assert.JSONEq(t, string(want[i]), string(together(t, r)), body)
			}
		})
	}
}

func together(t *testing.T, r *v1.Rendered) []byte {
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(r.GetGenerateRequestJson(), &members))
	require.Equal(t, "[]", string(members["token_ids"]))
	tokens, err := json.Marshal(r.GetTokenIds())
	require.NoError(t, err)
	members["token_ids"] = tokens
	out, err := json.Marshal(members)
	require.NoError(t, err)
	return out
}

func TestRender_errors(t *testing.T) {
	c := typed(t)
	_, err := c.Render(t.Context(), renderChat(`{"model":"gone","messages":[{"role":"user","content":"x"}]}`))
	s, info := failed(t, err, codes.NotFound, "MODEL_NOT_FOUND")
	assert.Contains(t, s.Message(), "The model `gone` does not exist.")
	assert.Equal(t, "NotFoundError", info.GetMetadata()["type"])
	assert.Equal(t, "404", info.GetMetadata()["http_status"])
	assert.Equal(t, "model", info.GetMetadata()["param"])
	for _, body := range []string{`{`, `{"model":"tekken"}`, `{"messages":7}`, ``, "\xff"} {
		_, err = c.Render(t.Context(), renderChat(body))
		_, info = failed(t, err, codes.InvalidArgument, "REFERENCE_REJECTED")
		assert.Equal(t, "400", info.GetMetadata()["http_status"], body)
	}
}
