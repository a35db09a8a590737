package bridge_test

import (
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// A server's options are the caller's, and so is what comes with a request beside its body.
func TestServe_settings(t *testing.T) {
	tok := shipped(t, "v3")
	for i, tt := range []struct {
		options refserver.Options
		request refserver.Request
		want    string
	}{
		{refserver.Options{Models: []string{"é\n\"👍"}, MaxModelLen: 1}, refserver.Request{}, `{"count":2,"max_model_len":1,`},
		{refserver.Options{MaxModelLen: math.MaxInt32}, refserver.Request{ID: "\xe9\xff"}, `{"count":2,"max_model_len":2147483647,`},
		{refserver.Options{Models: []string{"a"}, MaxModelLen: 9}, refserver.Request{ContentType: "text/plain; \xe9"}, `{"error":{"message":"1 validation error`},
		{refserver.Options{}, refserver.Request{ContentType: "application/json; \xe9", MaxModelInputLen: 7}, `{"count":2,"max_model_len":32768,`},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			s, err := refserver.New(tok, tt.options)
			require.NoError(t, err)
			tt.request.Route, tt.request.Body = refserver.RouteTokenize, []byte(`{"prompt":"a"}`)
			answer, err := s.Serve(t.Context(), tt.request)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(string(answer.AppendBody(nil)), tt.want), "%s", answer.AppendBody(nil))
		})
	}
	for _, room := range []int{-1, 3} {
		t.Run(strconv.Itoa(room), func(t *testing.T) {
			_, err := answering(t, tok).Serve(t.Context(), refserver.Request{Route: refserver.RouteTokenize, Body: []byte("{}"), Room: room})
			require.ErrorIs(t, err, refserver.ErrOptions)
		})
	}
	var err error
	for i, route := range []refserver.Route{0, refserver.RouteDerenderCompletion + 1, 255} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			_, err = answering(t, tok).Serve(t.Context(), asking(route, nil))
			require.ErrorContains(t, err, "no such route")
			_, err = answering(t, tok).ServeAsync(t.Context(), asking(route, nil)).Await(t.Context())
			require.ErrorContains(t, err, "no such route")
		})
	}
	rendered, err := answering(t, tok).Serve(t.Context(), refserver.Request{Route: refserver.RouteRenderChat, Body: []byte(helloChat), ID: "\xe9"})
	require.NoError(t, err)
	assert.Contains(t, string(rendered.AppendBody(nil)), `"request_id":"chatcmpl-é"`)
	nextCallWorks(t)
}

// A large request with room before it is not copied on its way to Python.
func TestServe_room(t *testing.T) {
	server := answering(t, shipped(t, "v3"))
	const size = 8 << 20
	body := make([]byte, refserver.DefaultRoom, refserver.DefaultRoom+size)
	body = append(body, `{"prompt":1,"x":"`+strings.Repeat("x", size-19)+`"}`...)
	ask := func(room int) (allocated uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		request := asking(refserver.RouteTokenize, body[refserver.DefaultRoom-room:])
		request.Room = room
		got, err := server.Serve(t.Context(), request)
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		assert.Equal(t, 400, got.Status)
		return after.TotalAlloc - before.TotalAlloc
	}
	assert.Greater(t, ask(0), uint64(size), "this would see a copy")
	assert.Less(t, ask(refserver.DefaultRoom), uint64(size/8))
}
