package bridge_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// A server's options are the caller's, and so is what comes with a request beside its body.
func TestServe_settings(t *testing.T) {
	tok := shipped(t, "v3")
	for _, tt := range []struct {
		options refserver.Options
		request refserver.Request
		want    string
	}{
		{refserver.Options{Models: []string{"é\n\"👍"}, MaxModelLen: 1}, refserver.Request{}, `{"count":2,"max_model_len":1,`},
		{refserver.Options{MaxModelLen: math.MaxInt32}, refserver.Request{ID: "\xe9\xff"}, `{"count":2,"max_model_len":2147483647,`},
		{refserver.Options{Models: []string{"a"}, MaxModelLen: 9}, refserver.Request{ContentType: "text/plain; \xe9"}, `{"error":{"message":"1 validation error`},
		{refserver.Options{}, refserver.Request{ContentType: "application/json; \xe9", MaxModelInputLen: 7}, `{"count":2,"max_model_len":32768,`},
	} {
		s, err := refserver.New(tok, tt.options)
		require.NoError(t, err)
		tt.request.Route, tt.request.Body = refserver.RouteTokenize, []byte(`{"prompt":"a"}`)
		answer, err := s.Serve(t.Context(), tt.request)
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(string(answer.AppendBody(nil)), tt.want), "%s", answer.AppendBody(nil))
	}
	var err error
	for _, route := range []refserver.Route{0, refserver.RouteMistralDetokenizeString + 1, 255} {
		_, err = answering(t, tok).Serve(t.Context(), asking(route, nil))
		require.ErrorContains(t, err, "no such route")
		_, err = answering(t, tok).ServeAsync(t.Context(), asking(route, nil)).Await(t.Context())
		require.ErrorContains(t, err, "no such route")
	}
	rendered, err := answering(t, tok).Serve(t.Context(), refserver.Request{Route: refserver.RouteRenderChat, Body: []byte(helloChat), ID: "\xe9"})
	require.NoError(t, err)
	assert.Contains(t, string(rendered.AppendBody(nil)), `"request_id":"chatcmpl-é"`)
	nextCallWorks(t)
}
