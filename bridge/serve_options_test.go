package bridge_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// Options that nobody filled in serve, and those that no model can have are named.
func TestServe_options(t *testing.T) {
	tok := shipped(t, "v3-tekken")
	server, err := refserver.New(tok, refserver.Options{})
	require.NoError(t, err)
	for route, body := range map[refserver.Route]string{
		refserver.RouteTokenize:         helloChat,
		refserver.RouteMistralTokenize:  helloChat,
		refserver.RouteRenderChat:       helloChat,
		refserver.RouteRenderCompletion: `{"prompt":"a","max_tokens":5}`,
		refserver.RouteDetokenize:       `{"tokens":[22177],"model":"v3-tekken"}`,
		refserver.RouteTokenizerInfo:    ``,
	} {
		s, err := server.Serve(t.Context(), refserver.Request{Route: route, Body: []byte(body)})
		require.NoError(t, err, "%d", route)
		assert.Equal(t, 200, s.Status, "%d: %s", route, s.AppendBody(nil))
		assert.Nil(t, s.Raised, "%d", route)
	}
	s, err := server.Serve(t.Context(), refserver.Request{Route: refserver.RouteTokenize, Body: []byte(helloChat)})
	require.NoError(t, err)
	assert.JSONEq(t, `{"count":7,"max_model_len":32768,"tokens":[1,3,22177,1044,4304,1033,4],"token_strs":null}`, string(s.AppendBody(nil)))
	s, err = server.Serve(t.Context(), refserver.Request{Route: refserver.RouteTokenize, Body: []byte(`{"prompt":"a","model":"other"}`)})
	require.NoError(t, err)
	assert.Equal(t, 404, s.Status)

	_, negative := server.Serve(t.Context(), refserver.Request{Route: refserver.RouteMistralTokenize, MaxModelInputLen: -1})
	_, async := server.ServeAsync(t.Context(), refserver.Request{Route: refserver.RouteMistralTokenize, MaxModelInputLen: -1}).Await(t.Context())
	wrong := []error{negative, async}
	for _, o := range []refserver.Options{{MaxModelLen: -1}, {Models: []string{"m", ""}}, {Models: []string{"\xff"}}} {
		_, err := refserver.New(tok, o)
		wrong = append(wrong, err)
	}
	for i, err := range wrong {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			require.ErrorIs(t, err, refserver.ErrOptions)
			require.NotErrorIs(t, err, bridge.ErrInvalidRequest, "it is the server's mistake")
			assert.Equal(t, 500, bridge.HTTPStatus(err))
		})
	}
}

// truncating is a chat that is to be cut.
func truncating() string {
	return `{"truncate_for_context_length":true,"messages":[{"role":"user","content":"` + strings.Repeat("old ", 100) +
		`"},{"role":"assistant","content":"yes"},{"role":"user","content":"new"}]}`
}

func TestServe_maxModelInputLen(t *testing.T) {
	tok := shipped(t, "v7")
	ask := func(limit int) *refserver.Response {
		s, err := answering(t, tok).Serve(t.Context(), refserver.Request{Route: refserver.RouteMistralTokenize, Body: []byte(truncating()), MaxModelInputLen: limit})
		require.NoError(t, err)
		return s
	}
	s := ask(0)
	assert.Equal(t, 500, s.Status, "as the reference's server, which has no limit to hand over")
	assert.Equal(t, "mistral_common.exceptions.TokenizerException", s.Raised.Class)
	assert.Regexp(t, `^mistral_common/tokens/tokenizers/mistral\.py:encode_chat_completion:\d+$`, s.Raised.Place)
	for _, limit := range []int{20, 1000} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			want, err := tok.EncodeChatJSON(t.Context(), []byte(truncating()), bridge.WithMaxModelInputLen(limit))
			require.NoError(t, err)
			assert.Equal(t, want.Tokens, ask(limit).Tokens)
		})
	}
	assert.Less(t, len(ask(20).Tokens), len(ask(1000).Tokens))
}
