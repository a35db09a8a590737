package bridge_test

import (
	"math"
	"runtime"
	"strings"
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
	for _, room := range []int{-1, 3} {
		_, err := refserver.New(tok).Serve(t.Context(), refserver.RouteTokenize, []byte("{}"), refserver.Options{Room: room})
		require.ErrorIs(t, err, refserver.ErrOptions)
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

// The caller's list of names may be another one in the next call.
func TestServeSettingsAreThoseOfTheCall(t *testing.T) {
	server := refserver.New(shipped(t, "v3"))
	names := []string{"a"}
	ask := func(want int) {
		got, err := server.Serve(t.Context(), refserver.RouteTokenize, []byte(`{"prompt":"x","model":"a"}`), refserver.Options{Models: names})
		require.NoError(t, err)
		assert.Equal(t, want, got.Status, names)
	}
	ask(200)
	names[0] = "b"
	ask(404)
	names[0] = "a"
	ask(200)
}

// A large request with room before it is not copied on its way to Python.
func TestALargeRequestIsNotCopied(t *testing.T) {
	server := refserver.New(shipped(t, "v3"))
	const size = 8 << 20
	body := make([]byte, refserver.DefaultRoom, refserver.DefaultRoom+size)
	body = append(body, `{"prompt":1,"x":"`+strings.Repeat("x", size-19)+`"}`...)
	ask := func(room int) (allocated uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := server.Serve(t.Context(), refserver.RouteTokenize, body[refserver.DefaultRoom-room:], refserver.Options{Room: room})
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		assert.Equal(t, 400, got.Status)
		return after.TotalAlloc - before.TotalAlloc
	}
	assert.Greater(t, ask(0), uint64(size), "this would see a copy")
	assert.Less(t, ask(refserver.DefaultRoom), uint64(size/8))
}
