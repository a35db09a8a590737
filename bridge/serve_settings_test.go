package bridge_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// The settings are the caller's, and may be others in every call.
func TestServeSettings(t *testing.T) {
	tok := shipped(t, "v3")
	for _, o := range []refserver.Options{
		{Models: []string{"é\n\"👍"}, MaxModelLen: 1}, {MaxModelLen: math.MaxInt32, RequestID: "\xe9\xff"},
		{Models: []string{"a"}, MaxModelLen: 9, ContentType: "text/plain; \xe9"},
	} {
		_, err := refserver.New(tok).Serve(t.Context(), refserver.RouteTokenize, []byte(`{"prompt":"a"}`), o)
		require.NoError(t, err)
	}
	_, err := refserver.New(tok).Serve(t.Context(), refserver.RouteTokenize, nil, refserver.Options{Models: []string{"\xff"}})
	require.ErrorIs(t, err, refserver.ErrOptions)
	for _, route := range []refserver.Route{0, refserver.RouteMistralDetokenizeString + 1, 255} {
		_, err = refserver.New(tok).Serve(t.Context(), route, nil, serveOptions())
		require.ErrorContains(t, err, "no such route")
		_, err = refserver.New(tok).ServeAsync(t.Context(), route, nil, serveOptions()).Await(t.Context())
		require.ErrorContains(t, err, "no such route")
	}
	id := refserver.Options{Models: []string{"m"}, MaxModelLen: 99, RequestID: "\xe9"}
	rendered, err := refserver.New(tok).Serve(t.Context(), refserver.RouteRenderChat, []byte(helloChat), id)
	require.NoError(t, err)
	assert.Contains(t, string(rendered.AppendBody(nil)), `"request_id":"chatcmpl-é"`)
	nextCallWorks(t)
}
