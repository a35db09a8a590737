package bridge_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// What is left has at most n tokens; with the last turn that was left out it has more.
func TestFitChat_longest(t *testing.T) {
	for _, name := range shippedNames {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, fitLaw(t, shipped(t, name)))
		})
	}
}

func fitLaw(_ testing.TB, tok *bridge.Tokenizer) func(*rapid.T) {
	chats := anyChat(tok)
	return func(r *rapid.T) {
		req := chats.Draw(r, "chat")
		starts := turnsOf(req)
		count := func(turn int) int {
			n, err := tok.Count(r.Context(), chatFrom(req, starts[turn]))
			require.NoError(r, err)
			return n
		}
		// Where it just fits, or just does not.
		n := count(rapid.IntRange(0, len(starts)-1).Draw(r, "turn")) + rapid.IntRange(-1, 1).Draw(r, "more")
		fit, err := tok.FitChat(r.Context(), req, n)
		if err != nil {
			require.ErrorIs(r, err, bridge.ErrInvalidRequest)
			require.Greater(r, count(len(starts)-1), n)
			return
		}
		first := len(starts) - len(turnsOf(fit.Request))
		require.Equal(r, chatFrom(req, starts[first]), fit.Request)
		require.LessOrEqual(r, fit.Tokens, n)
		require.Equal(r, count(first), fit.Tokens)
		if first > 0 {
			require.Greater(r, count(first-1), n)
		}
	}
}

// turnsOf are the places of the first message of each turn.
func turnsOf(req *mistral.ChatCompletionRequest) (starts []int) {
	before := mistral.Message(mistral.SystemMessage{})
	for i, m := range req.Messages {
		_, asks := m.(mistral.UserMessage)
		if _, asked := before.(mistral.UserMessage); asks && !asked {
			starts = append(starts, i)
		}
		before = m
	}
	return starts
}

// chatFrom is a chat without the turns before a message.
func chatFrom(req *mistral.ChatCompletionRequest, from int) *mistral.ChatCompletionRequest {
	left := *req
	left.Messages = nil
	for i, m := range req.Messages {
		if _, system := m.(mistral.SystemMessage); system || i >= from {
			left.Messages = append(left.Messages, m)
		}
	}
	return &left
}

func TestFitChat_toolCalls(t *testing.T) {
	tok := shipped(t, "v7")
	call := mistral.ToolCall{ID: ptr("abcdefghi"), Function: mistral.FunctionCall{Name: "f", Arguments: []byte(`{}`)}}
	req := &mistral.ChatCompletionRequest{
		Tools: []mistral.Tool{{Function: mistral.Function{Name: "f", Parameters: []byte(`{}`)}}},
		Messages: []mistral.Message{
			mistral.SystemMessage{Content: mistral.Text("stay")},
			mistral.UserMessage{Content: mistral.Text("one")},
			mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{call}},
			mistral.ToolMessage{Content: mistral.Text("result"), ToolCallID: ptr("abcdefghi")},
			mistral.AssistantMessage{Content: mistral.Text("two")},
			mistral.UserMessage{Content: mistral.Text("three")},
		},
	}
	whole, err := tok.Count(t.Context(), req)
	require.NoError(t, err)
	fit, err := tok.FitChatAsync(t.Context(), req, whole-1).Await(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []int{0, 5}, fit.Kept)
	assert.Equal(t, req.Tools, fit.Request.Tools)
	assert.Len(t, req.Messages, 6, "what was given stays as it is")
	_, err = tok.FitChat(t.Context(), req, 3)
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
	assert.ErrorContains(t, err, fmt.Sprintf("have %d tokens together, more than 3", fit.Tokens))
	for _, n := range []int{-1, 1 << 40} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			_, err = tok.FitChat(t.Context(), req, n)
			require.ErrorIs(t, err, bridge.ErrInvalidRequest)
		})
	}
	_, err = tok.FitChat(t.Context(), nil, 3)
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
}
