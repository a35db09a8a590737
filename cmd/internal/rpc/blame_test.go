package rpc_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/png"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/rpc"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

const marker = "Zanzibar-5309"

// unable is an engine whose routes fail.
type unable struct {
	rpc.Engine
	served *refserver.Response
	err    error
}

func (u unable) Serve(context.Context, refserver.Request) (*refserver.Response, error) {
	return u.served, u.err
}

// What is behind an INTERNAL is in the log at WARN, with the call's id, and is counted.
func TestBlame_internal(t *testing.T) {
	raised := &bridge.PyError{Module: "builtins", Type: "SystemExit", Place: "a/b.py:f:7", Message: marker, Str: marker, Traceback: marker}
	for i, e := range []unable{
		{Engine: shared, err: fmt.Errorf("bridge: serve: %w", raised)},
		{Engine: shared, served: &refserver.Response{
			Status: 500, Head: []byte(`{"error":{"message":"` + marker + `","type":"InternalServerError","param":null,"code":500}}`),
			Raised: &bridge.Raised{Class: "builtins.SystemExit", Place: "a/b.py:f:7"},
		}},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			l := &lines{}
			var counted []string
			c := v1.NewTokenizerServiceClient(dial(t, ways[0], e, rpc.Options{Log: l.logger(), Raised: func(class string) { counted = append(counted, class) }}))
			ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "mine-1")
			_, err := c.Render(ctx, &v1.RenderRequest{Request: &v1.RenderRequest_ChatCompletionJson{ChatCompletionJson: []byte(`{"messages":[]}`)}})
			failed(t, err, codes.Internal, "INTERNAL")
			for _, want := range []string{`"level":"WARN"`, `"request_id":"mine-1"`, `"class":"builtins.SystemExit"`, `"place":"a/b.py:f:7"`, `"method":"mistralbridge.v1.TokenizerService/Render"`} {
				l.contains(t, want)
			}
			assert.Equal(t, []string{"builtins.SystemExit"}, counted)
			assert.NotContains(t, l.String(), marker)
		})
	}
	l := &lines{}
	c := v1.NewTokenizerServiceClient(dial(t, ways[0], unable{Engine: shared, err: errors.New(marker)}, rpc.Options{Log: l.logger()}))
	_, err := c.Render(t.Context(), &v1.RenderRequest{Request: &v1.RenderRequest_CompletionJson{CompletionJson: []byte(`{}`)}})
	failed(t, err, codes.Internal, "INTERNAL")
	l.contains(t, `"cause":"*errors.errorString"`)
	assert.NotContains(t, l.String(), marker)
}

// llm-d's contract makes INTERNAL of what the caller did: the log says which it was.
func TestBlame_internalOfLLMD(t *testing.T) {
	l := &lines{}
	c := tokenization.NewTokenizationServiceClient(dial(t, ways[0], shared, rpc.Options{Log: l.logger()}))
	_, err := c.RenderChatTemplate(t.Context(), &tokenization.ChatTemplateRequest{ModelName: "spm", ConversationTurns: []*tokenization.ConversationTurn{
		{Messages: []*tokenization.ChatMessage{{Role: "assistant", Content: ptr(marker)}}},
	}})
	require.Error(t, err)
	l.contains(t, `"class":"mistral_common.exceptions.InvalidMessageStructureException"`)
	assert.NotContains(t, l.String(), marker)
}

// A damaged image is the caller's, here as over HTTP.
func TestTokenizeChat_damagedImage(t *testing.T) {
	var whole bytes.Buffer
	require.NoError(t, png.Encode(&whole, image.NewGray(image.Rect(0, 0, 64, 64))))
	truncated := base64.StdEncoding.EncodeToString(whole.Bytes()[:whole.Len()/2])
	_, err := typed(t).TokenizeChat(t.Context(), chat("images", `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"data:image/png;base64,`+truncated+`"}]}]}`))
	_, info := failed(t, err, codes.InvalidArgument, "REFERENCE_REJECTED")
	assert.Equal(t, "builtins.OSError", info.GetMetadata()["python_class"])
}
