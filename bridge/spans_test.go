package bridge_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Spans cover the tokens in order, the tokens are those of a call without them, and what the
// mask lets through decodes to what the assistant said.
func TestWithSpans_coverTokens(t *testing.T) {
	for _, name := range shippedNames {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, spansLaw(t, shipped(t, name)))
		})
	}
}

func spansLaw(_ testing.TB, tok *bridge.Tokenizer) func(*rapid.T) {
	chats := anyChat(tok)
	return func(r *rapid.T) {
		req := chats.Draw(r, "chat")
		want, err := tok.EncodeChat(r.Context(), req)
		require.NoError(r, err)
		got, err := tok.EncodeChat(r.Context(), req, bridge.WithSpans())
		require.NoError(r, err)
		require.Equal(r, want.Tokens, got.Tokens)
		mask := bridge.LossMask{}.Of(got)
		texts, thoughts := map[int]string{}, map[int]string{}
		at := 0
		for _, s := range got.Spans {
			require.Equal(r, at, s.Start)
			require.Positive(r, s.Len)
			at += s.Len
			for i := s.Start; i < at; i++ {
				require.Equal(r, s.Role == "assistant", mask[i])
			}
			if s.Role != "assistant" {
				continue
			}
			switch s.Kind {
			case bridge.SpanText:
				texts[s.Message] += spelled(r, tok, got.Tokens[s.Start:at])
			case bridge.SpanThink:
				thoughts[s.Message] += spelled(r, tok, got.Tokens[s.Start:at])
			}
		}
		require.Equal(r, len(got.Tokens), at)
		for i, m := range req.Messages {
			if m, ok := m.(mistral.AssistantMessage); ok {
				text, thought := saidBy(tok, m)
				require.Equal(r, text, texts[i])
				require.Equal(r, thought, thoughts[i])
			}
		}
	}
}

// spelled is the text of ids, without the space that SentencePiece puts before it.
func spelled(r *rapid.T, tok *bridge.Tokenizer, ids []int32) string {
	pieces, err := tok.TokenBytes(r.Context(), ids)
	require.NoError(r, err)
	text := string(bytes.Join(pieces, nil))
	if tok.Describe().Raw != "Tekkenizer" {
		text = strings.TrimPrefix(text, " ")
	}
	return text
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
