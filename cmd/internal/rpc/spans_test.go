package rpc_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/bridge"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// sent is a body as clients send it, with a tool, a call, its result, and much that makes no token.
func sent(model string) string {
	return `{"model": ` + strconv.Quote(model) + `, "stream": true, "max_completion_tokens": 7, "temperature": null,
		"tools": [{"type": "function", "function": {"name": "look", "description": "Looks ▁ up.", "parameters": {"type": "object"}}}],
		"messages": [
			{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi 日本 🌍", "name": "me"},
			{"role": "assistant", "content": null, "tool_calls": [{"index": 0, "id": "123456789", "type": "function", "function": {"name": "look", "arguments": "{\"q\": 1}"}}]},
			{"role": "tool", "tool_call_id": "123456789", "content": "found"},
			{"role": "assistant", "content": "Yes."}, {"role": "user", "content": "More?"}]}`
}

func TestSpans_Count(t *testing.T) {
	c := typed(t)
	for _, name := range []string{"tekken", "spm"} {
		want, err := model(t, name).Tokenizer().EncodeOpenAI(t.Context(), []byte(sent(name)), bridge.WithSpans())
		require.NoError(t, err)
		require.NotEmpty(t, want.Spans)
		for _, mask := range []*v1.LossMask{nil, {}, {LastOnly: true}, {WithoutToolCalls: true}, {WithoutThinking: true}} {
			got, err := c.Spans(t.Context(), &v1.SpansRequest{ChatCompletionJson: []byte(sent(name)), LossMask: mask})
			require.NoError(t, err)
			assert.Equal(t, want.Tokens, got.GetTokens())
			var spans []bridge.Span
			for _, s := range got.GetSpans() {
				spans = append(spans, bridge.Span{
					Start: int(s.GetStart()), Len: int(s.GetLength()), Message: int(s.GetMessage()), Role: s.GetRole(),
					Kind: bridge.SpanKind(s.GetKind()), Within: bridge.SpanKind(s.GetWithin()), Weight: s.GetWeight(),
				})
			}
			assert.Equal(t, want.Spans, spans)
			if mask == nil {
				assert.Empty(t, got.GetLossMask())
				continue
			}
			of := bridge.LossMask{LastOnly: mask.GetLastOnly(), WithoutThinking: mask.GetWithoutThinking(), WithoutToolCalls: mask.GetWithoutToolCalls()}
			assert.Equal(t, of.Of(want), got.GetLossMask())
			assert.Contains(t, got.GetLossMask(), true)
		}
		n, err := c.Count(t.Context(), &v1.CountRequest{Input: &v1.CountRequest_ChatCompletionJson{ChatCompletionJson: []byte(sent(name))}})
		require.NoError(t, err)
		assert.Equal(t, int64(len(want.Tokens)), n.GetCount())
	}
}

func TestSpans_Count_errors(t *testing.T) {
	c := typed(t)
	for body, want := range map[string]struct {
		code         codes.Code
		reason, text string
	}{
		sent("gone"):               {codes.NotFound, "MODEL_NOT_FOUND", "`gone`"},
		"":                         {codes.InvalidArgument, "INVALID_REQUEST", "the body"},
		`{"model": 7}`:             {codes.InvalidArgument, "INVALID_REQUEST", "model"},
		"{\"messages\": \"\xff\"}": {codes.InvalidArgument, "INVALID_REQUEST", "UTF-8"},
		`{"messages": [{"role": "user", "content": "x"}], "functions": [{}]}`: {codes.InvalidArgument, "REFERENCE_REJECTED", "functions"},
		`{"messages": [{"role": "tool", "content": "x"}]}`:                    {codes.InvalidArgument, "REFERENCE_REJECTED", ""},
	} {
		_, err := c.Spans(t.Context(), &v1.SpansRequest{ChatCompletionJson: []byte(body)})
		s, _ := failed(t, err, want.code, want.reason)
		assert.Contains(t, s.Message(), want.text)
		_, err = c.Count(t.Context(), &v1.CountRequest{Input: &v1.CountRequest_ChatCompletionJson{ChatCompletionJson: []byte(body)}})
		again, _ := failed(t, err, want.code, want.reason)
		assert.Equal(t, s.Message(), again.Message())
	}
}

func TestOffsets(t *testing.T) {
	c := typed(t)
	for _, name := range []string{"tekken", "spm"} {
		for _, text := range []string{"", " ", "Hello ▁ world", "a\n\n日本 🌍 \u200d𒀀", strings.Repeat("  x", 1000)} {
			want, err := model(t, name).Tokenizer().Offsets(t.Context(), text)
			require.NoError(t, err)
			got, err := c.Offsets(t.Context(), &v1.OffsetsRequest{Model: name, Text: text})
			require.NoError(t, err)
			require.Equal(t, append([]int32{}, want.Tokens...), append([]int32{}, got.GetTokens()...))
			var offsets []bridge.Offset
			for i := 0; i < len(got.GetOffsetPairs()); i += 2 {
				offsets = append(offsets, bridge.Offset{Start: int(got.GetOffsetPairs()[i]), End: int(got.GetOffsetPairs()[i+1])})
			}
			require.Equal(t, append([]bridge.Offset{}, want.Offsets...), append([]bridge.Offset{}, offsets...))
		}
	}
	_, err := c.Offsets(t.Context(), &v1.OffsetsRequest{Model: "gone"})
	failed(t, err, codes.NotFound, "MODEL_NOT_FOUND")
}
