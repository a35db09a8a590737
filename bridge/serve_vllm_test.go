//go:build vllm

package bridge_test

import (
	"encoding/json"
	"net/http"
	"os"
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
	for _, want := range recorded.Answers {
		if want.Status != http.StatusOK || want.Type != "application/json" {
			continue
		}
		got, err := server.Serve(t.Context(), asking(routes[want.Path], want.body(t)))
		require.NoError(t, err)
		assert.Equal(t, want.Status, got.Status, want.Request)
		assert.Equal(t, want.Answer, string(got.AppendBody(nil)), want.Request)
	}
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
