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

// What is left has at most n tokens; with the last turn that was left out it has more.
func TestFitChatIsTheLongestThatFits(t *testing.T) {
	for _, name := range shippedNames {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			rapid.Check(t, func(r *rapid.T) {
				req := &mistral.ChatCompletionRequest{Messages: []mistral.Message{mistral.SystemMessage{Content: mistral.Text("Be brief.")}}}
				starts := []int{}
				for i := range rapid.IntRange(1, 9).Draw(r, "turns") {
					if i > 0 {
						req.Messages = append(req.Messages, mistral.AssistantMessage{Content: mistral.Text("yes")})
					}
					starts = append(starts, len(req.Messages))
					for range rapid.IntRange(1, 2).Draw(r, "messages") {
						req.Messages = append(req.Messages, mistral.UserMessage{Content: mistral.Text(anyText(8).Draw(r, "text"))})
					}
				}
				n := rapid.IntRange(0, 120).Draw(r, "n")
				whole, err := tok.Count(t.Context(), req)
				require.NoError(r, err)
				fit, err := tok.FitChat(t.Context(), req, n)
				if err != nil {
					require.ErrorIs(r, err, bridge.ErrInvalidRequest)
					last := starts[len(starts)-1]
					alone, cerr := tok.Count(t.Context(), chatFrom(req, last))
					require.NoError(r, cerr)
					require.Greater(r, alone, n)
					return
				}
				require.LessOrEqual(r, fit.Tokens, n)
				count, err := tok.Count(t.Context(), fit.Request)
				require.NoError(r, err)
				require.Equal(r, count, fit.Tokens)
				if len(fit.Kept) == len(req.Messages) {
					require.Equal(r, whole, fit.Tokens)
					return
				}
				require.Equal(r, 0, fit.Kept[0])
				first := 0
				for i, at := range starts {
					if at == fit.Kept[1] {
						first = i
					}
				}
				require.Positive(r, first)
				more, err := tok.Count(t.Context(), chatFrom(req, starts[first-1]))
				require.NoError(r, err)
				require.Greater(r, more, n)
			})
		})
	}
}

// chatFrom is a chat of its first message and those from one on.
func chatFrom(req *mistral.ChatCompletionRequest, from int) *mistral.ChatCompletionRequest {
	return &mistral.ChatCompletionRequest{Messages: append([]mistral.Message{req.Messages[0]}, req.Messages[from:]...)}
}

func TestFitChatKeepsCallsAndResultsTogether(t *testing.T) {
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
		_, err = tok.FitChat(t.Context(), req, n)
		require.ErrorIs(t, err, bridge.ErrInvalidRequest)
	}
	_, err = tok.FitChat(t.Context(), nil, 3)
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
}
