package client_test

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

const hello = `{"messages":[{"role":"user","content":"Hello, world!"}]}`

// What no golden file has: bodies that are no requests, and arguments that cannot be sent.
func TestClient_badInput(t *testing.T) {
	p := newPair(t, tekken)
	for name, body := range map[string]string{
		"nothing": "", "no JSON": "{", "null": "null", "a list": "[]", "not UTF-8": "{\"messages\":\"\xff\"}", "no messages": `{"messages":[]}`,
		"a wrong order": `{"messages":[{"role":"assistant","content":"a"}]}`, "an unknown role": `{"messages":[{"role":"x","content":"a"}]}`,
		"NaN":                 `{"messages":[{"role":"user","content":"a"}],"temperature":NaN}`,
		"a lone surrogate":    `{"messages":[{"role":"user","content":"\ud800"}],"a":"\udfff"}`,
		"special characters":  `{"messages":[{"role":"<&>\u2028","content":"\u0000"}]}`,
		"many errors":         `{"messages":[{"role":"user","content":[{"type":"text"},{"type":"image_url","image_url":3},{}]},{"role":"tool"}],"tools":[1]}`,
		"a long error":        `{"messages":[{"role":"user","content":"a"}],"temperature":"` + strings.Repeat("é", 5000) + `"}`,
		"an image by address": `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"https://example.org/a.png"}]}]}`,
		"an image":            `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"data:image/png;base64,AAAA"}]}]}`,
		"a wrong tool":        `{"messages":[{"role":"user","content":"a"}],"tools":[{"function":{"name":"f","parameters":{"type":3}}}]}`,
		"to be cut":           `{"messages":[{"role":"user","content":"a"}],"truncate_for_context_length":true}`,
		"a prefix":            `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","prefix":true}]}`,
		"deprecated":          `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"continue_final_message":true}`,
		"vendors":             `{"messages":[{"role":"user","content":"a"}],"documents":[]}`,
		"all is well":         hello,
	} {
		p.same(t, name, func(ctx context.Context, e either) (any, error) {
			return e.EncodeChatJSON(ctx, []byte(body), bridge.WithText())
		})
		p.same(t, name, func(ctx context.Context, e either) (any, error) { return e.CountJSON(ctx, []byte(body)) })
		p.same(t, name, func(ctx context.Context, e either) (any, error) { return e.EncodeOpenAI(ctx, []byte(body)) })
		p.same(t, name, func(ctx context.Context, e either) (any, error) { return e.CountOpenAI(ctx, []byte(body)) })
		p.same(t, name, func(ctx context.Context, e either) (any, error) { return e.EncodeFIMJSON(ctx, []byte(body)) })
		p.same(t, name, func(ctx context.Context, e either) (any, error) { return e.EncodeText(ctx, body, true, true) })
		p.same(t, name, func(ctx context.Context, e either) (any, error) { return e.CountText(ctx, body, true, false) })
	}
	assert.Greater(t, p.failed, 50)
	// Python says how much stack it had used, which no two calls have in common.
	_, err := p.there.EncodeChatJSON(t.Context(), []byte(`{"messages":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+`}`))
	var py *bridge.PyError
	require.ErrorAs(t, err, &py)
	assert.Equal(t, "RecursionError", py.Type)
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
	for name, ids := range map[string][]int32{
		"none": nil, "negative": {1, -1}, "beyond": {22177, math.MaxInt32}, "the least": {math.MinInt32}, "special": {1, 22177, 2}, "a part": {22177, 12423},
	} {
		for policy := bridge.Policy(-1); policy < 5; policy++ {
			p.same(t, name, func(ctx context.Context, e either) (any, error) { return e.Decode(ctx, ids, policy) })
		}
	}
}

func TestTokenizer_EncodeChat_invalid(t *testing.T) {
	p := newPair(t, tekken)
	for name, req := range map[string]*mistral.ChatCompletionRequest{
		"nil": nil, "empty": {}, "a nil message": {Messages: []mistral.Message{nil}},
		"not UTF-8": {Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text("a\xff")}}},
		"no schema": {
			Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text("a")}},
			Tools:    []mistral.Tool{{Function: mistral.Function{Name: "f", Parameters: json.RawMessage("{")}}},
		},
	} {
		p.same(t, name, func(ctx context.Context, e either) (any, error) { return e.EncodeChat(ctx, req) })
		p.same(t, name, func(ctx context.Context, e either) (any, error) { return e.Count(ctx, req) })
	}
	assert.Equal(t, 10, p.failed)
	p.same(t, "nil", func(ctx context.Context, e either) (any, error) { return e.EncodeInstruct(ctx, nil) })
	p.same(t, "nil", func(ctx context.Context, e either) (any, error) { return e.EncodeSpeechRequest(ctx, nil) })
}

// A request is cut where the tokenizer does that, and what is too long even so is the same error.
func TestTokenizer_maxModelInputLen(t *testing.T) {
	p := newPair(t, synthetic)
	body := []byte(`{"truncate_for_context_length":true,"messages":[` + strings.Repeat(`{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi"},`, 5) + `{"role":"user","content":"Bye"}]}`)
	for _, n := range []int{-5, 0, 1, 12, 25, 1 << 20} {
		p.same(t, "encode", func(ctx context.Context, e either) (any, error) {
			return e.EncodeChatJSON(ctx, body, bridge.WithMaxModelInputLen(n))
		})
		p.same(t, "count", func(ctx context.Context, e either) (any, error) {
			return e.CountJSON(ctx, body, bridge.WithMaxModelInputLen(n))
		})
	}
	assert.Positive(t, p.failed)
	assert.Less(t, p.failed, 12)
}

func TestClient_Info(t *testing.T) {
	info, err := dial(t, everyday.url).Info(t.Context())
	require.NoError(t, err)
	here := local.Info()
	assert.Equal(t, here.Python, info.Python)
	assert.Equal(t, here.Packages, info.Packages)
	require.Len(t, info.Models, 3)
	assert.Equal(t, []string{tekken, "alias"}, info.Models[0].Names)
	assert.Equal(t, 32768, info.Models[0].MaxModelLen)
	for _, name := range []string{tekken, multi, synthetic} {
		t.Run(name, func(t *testing.T) {
			want, got := loaded(t, name), remote(t, name)
			assert.Equal(t, want.Describe(), got.Describe())
			assert.JSONEq(t, string(want.DescriptionJSON()), string(got.DescriptionJSON()))
			assert.Equal(t, want.Warnings(), got.Warnings())
		})
	}
	assert.Equal(t, []string{tekken, "alias"}, remote(t, "").Model().Names, "the first")
	assert.Equal(t, []string{tekken, "alias"}, remote(t, "alias").Model().Names)
	_, err = dial(t, everyday.url).Tokenizer(t.Context(), "gpt")
	require.ErrorContains(t, err, `there is no model "gpt"; there are tekken, alias, multi, synthetic`)
	assert.Equal(t, bridge.ReasonUnknownTokenizer, bridge.ReasonOf(err))
	assert.Equal(t, 404, bridge.HTTPStatus(err))
}
