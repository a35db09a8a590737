package bridge_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Spans cover the tokens in order, the tokens are those of a call without them, and what the
// mask lets through decodes to what the assistant said.
func TestSpansCoverTheTokens(t *testing.T) {
	for _, name := range shippedNames {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			rapid.Check(t, func(r *rapid.T) {
				req := &mistral.ChatCompletionRequest{}
				said := ""
				for i := range rapid.IntRange(0, 4).Draw(r, "turns") {
					answer := fmt.Sprintf("answer%d", i)
					req.Messages = append(req.Messages,
						mistral.UserMessage{Content: mistral.Text(anyText(8).Draw(r, "text"))},
						mistral.AssistantMessage{Content: mistral.Text(answer)})
					said += answer
				}
				req.Messages = append(req.Messages, mistral.UserMessage{Content: mistral.Text("?")})
				want, err := tok.EncodeChat(t.Context(), req)
				require.NoError(r, err)
				got, err := tok.EncodeChat(t.Context(), req, bridge.WithSpans())
				require.NoError(r, err)
				require.Equal(r, want.Tokens, got.Tokens)
				at := 0
				for _, s := range got.Spans {
					require.Equal(r, at, s.Start)
					require.Positive(r, s.Len)
					at += s.Len
				}
				require.Equal(r, len(got.Tokens), at)
				var trained []int32
				for i, in := range (bridge.LossMask{}).Of(got) {
					if in {
						trained = append(trained, got.Tokens[i])
					}
				}
				text, err := tok.Decode(t.Context(), trained, bridge.Ignore)
				require.NoError(r, err)
				require.Equal(r, said, squeezed(text))
			})
		})
	}
}

// squeezed leaves out the spaces that SentencePiece decodes at the begin of a text.
func squeezed(text string) string {
	var out []rune
	for _, c := range text {
		if c != ' ' {
			out = append(out, c)
		}
	}
	return string(out)
}

func TestLossMask(t *testing.T) {
	req := []byte(`{"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}], "messages": [
		{"role": "user", "content": "a"},
		{"role": "assistant", "content": "b", "weight": 0},
		{"role": "user", "content": "c"},
		{"role": "assistant", "tool_calls": [{"id": "abcdefghi", "function": {"name": "f", "arguments": "{}"}}]},
		{"role": "tool", "content": "d", "tool_call_id": "abcdefghi"},
		{"role": "assistant", "content": "e"}]}`)
	tok := load(t, rt(t), bridge.Shipped("v3-tekken"), bridge.WithMode(bridge.Finetuning))
	got, err := tok.EncodeChatJSONAsync(t.Context(), req, bridge.WithSpans()).Await(t.Context())
	require.NoError(t, err)
	for want, mask := range map[string]bridge.LossMask{
		`[TOOL_CALLS][{"name": "f", "arguments": {}, "id": "abcdefghi"}]</s>e</s>`: {},
		`</s>e</s>`: {WithoutToolCalls: true, WithoutThinking: true},
		`e</s>`:     {LastOnly: true},
	} {
		var ids []int32
		for i, in := range mask.Of(got) {
			if in {
				ids = append(ids, got.Tokens[i])
			}
		}
		text, err := tok.Decode(t.Context(), ids, bridge.Keep)
		require.NoError(t, err)
		assert.Equal(t, want, text)
	}
	without, err := tok.EncodeChatJSON(t.Context(), req)
	require.NoError(t, err)
	assert.Nil(t, without.Spans)
	assert.Nil(t, bridge.LossMask{}.Of(without))
}
