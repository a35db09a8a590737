package openapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/openapi"
	"github.com/mistralbridge/mistralbridge/cmd/internal/page"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

var everything = openapi.Info{Version: "1.2.3", Reference: "mistral_common 1.13.1", TokenizerInfo: true, Keys: true}

// document is that of the loaded models, valid.
func document(t *testing.T, info openapi.Info) *openapi3.T {
	t.Helper()
	schemas, err := loaded.Schemas(t.Context())
	require.NoError(t, err)
	text, err := openapi.Document(schemas, info)
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context(), openapi3.EnableExamplesValidation()))
	return doc
}

// What is described is what there is, and the other way round.
func TestDocument_routes(t *testing.T) {
	for name, info := range map[string]openapi.Info{"everything": everything, "little": {Version: "1", Reference: "r"}} {
		t.Run(name, func(t *testing.T) {
			doc := document(t, info)
			s, err := server.New(loaded, server.Options{
				TokenizerInfo: info.TokenizerInfo, OpenAPI: openapi.Handler(nil), Page: page.Handler(),
			})
			require.NoError(t, err)
			var there []string
			for _, r := range s.Routes() {
				for _, method := range r.Methods {
					there = append(there, method+" "+r.Path)
				}
				item := doc.Paths.Value(r.Path)
				if !assert.NotNil(t, item, r.Path) {
					continue
				}
				for method, op := range item.Operations() {
					assert.Equal(t, r.Body(), op.RequestBody != nil, "%s %s: a body", method, r.Path)
					assert.Equal(t, r.Guarded(info.KeysAll) && info.Keys, op.Security != nil, "%s %s: a key", method, r.Path)
					assert.Equal(t, op.Security != nil, op.Responses.Status(http.StatusUnauthorized) != nil)
				}
			}
			var described []string
			for path, item := range doc.Paths.Map() {
				for method := range item.Operations() {
					described = append(described, method+" "+path)
				}
			}
			assert.ElementsMatch(t, there, described)
		})
	}
}

func TestDocument_keysAll(t *testing.T) {
	all := everything
	all.KeysAll = true
	doc := document(t, all)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			probe := slices.Contains([]string{"/health", "/ping", "/livez", "/readyz"}, path)
			assert.Equal(t, !probe, op.Security != nil, "%s %s", method, path)
		}
	}
}

func TestDocument_names(t *testing.T) {
	doc := document(t, everything)
	names := slices.Sorted(maps.Keys(doc.Components.Schemas))
	for _, name := range names {
		assert.NotContains(t, name, "__")
		assert.NotContains(t, name, "pyshim")
	}
	for _, name := range []string{"ChatCompletionRequest", "mistral_common.ChatCompletionRequest", "TokenizeChatRequest", "ModelCard"} {
		assert.Contains(t, names, name)
	}
	render := doc.Paths.Value("/v1/chat/completions/render").Post.RequestBody.Value.Content["application/json"].Schema
	assert.Equal(t, "#/components/schemas/ChatCompletionRequest", render.Ref)
}

func TestDocument_deterministic(t *testing.T) {
	schemas, err := loaded.Schemas(t.Context())
	require.NoError(t, err)
	first, err := openapi.Document(schemas, everything)
	require.NoError(t, err)
	for range 3 {
		again, err := openapi.Document(schemas, everything)
		require.NoError(t, err)
		assert.Equal(t, string(first), string(again))
	}
}

func TestDocument_badSchemas(t *testing.T) {
	schemas, err := loaded.Schemas(t.Context())
	require.NoError(t, err)
	change := func(f func(defs, routes map[string]any)) json.RawMessage {
		var all map[string]map[string]any
		require.NoError(t, json.Unmarshal(schemas, &all))
		f(all["$defs"], all["routes"])
		text, err := json.Marshal(all)
		require.NoError(t, err)
		return text
	}
	for name, c := range map[string]struct {
		schemas json.RawMessage
		want    string
	}{
		"no JSON":     {json.RawMessage("{"), "openapi: schemas: "},
		"no route":    {change(func(_, r map[string]any) { delete(r, "/detokenize") }), "there is no schema of /detokenize"},
		"no response": {change(func(_, r map[string]any) { delete(r["/v1/tokenize/"].(map[string]any), "response") }), "the response of /v1/tokenize/"},
		"no request":  {change(func(_, r map[string]any) { delete(r["/tokenize"].(map[string]any), "request") }), "the request of /tokenize"},
		"a name":      {change(func(d, _ map[string]any) { d["ModelCard"] = map[string]any{} }), "the name ModelCard is taken"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			_, err := openapi.Document(c.schemas, everything)
			assert.ErrorContains(t, err, c.want)
		})
	}
}
