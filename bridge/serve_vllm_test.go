//go:build vllm

package bridge_test

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// With vLLM behind it the answers are the same, but for the words of json.loads, which
// belong to the Python.
func TestVLLM_Serve(t *testing.T) {
	server, err := refserver.NewVLLM(loadedVLLM(t, "v3-tekken"), serveOptions())
	require.NoError(t, err)
	text, err := os.ReadFile("../testdata/golden/server/v3-tekken.json")
	require.NoError(t, err)
	var recorded struct{ Answers []recordedAnswer }
	require.NoError(t, json.Unmarshal(text, &recorded))
	created := regexp.MustCompile(`"created":[0-9]{10},`) // when the answer was made
	newer := map[bool]int{}                               // answers of routes that vLLM has since 0.32, or has not
	for _, want := range recorded.Answers {
		if want.Status != http.StatusOK || want.Type != "application/json" {
			continue
		}
		got, err := server.Serve(t.Context(), asking(routes[want.Path], want.body(t)))
		require.NoError(t, err)
		if slices.Contains(onlyVLLM, routes[want.Path]) {
			if newer[got.Status != http.StatusNotFound]++; got.Status == http.StatusNotFound {
				continue
			}
		}
		assert.Equal(t, want.Status, got.Status, want.Request)
		assert.Equal(t, want.Answer, created.ReplaceAllString(string(got.AppendBody(nil)), `"created":0,`), want.Request)
	}
	assert.Len(t, newer, 1, "a vLLM has all of these routes, or none: %v", newer)
	again, err := server.ServeAsync(t.Context(), asking(refserver.RouteTokenize, []byte(helloChat))).Await(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 7, again.Count())
	schemas, err := server.Schemas(t.Context())
	require.NoError(t, err)
	assert.True(t, json.Valid(schemas))
	schemas, err = server.SchemasAsync(t.Context()).Await(t.Context())
	require.NoError(t, err)
	assert.True(t, json.Valid(schemas))
}
