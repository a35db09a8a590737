package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	"github.com/mistralbridge/mistralbridge/internal/routes"
)

const chat = `{"messages":[{"role":"user","content":"Hello, world!"}]}`

// What the reference servers answered to the same requests.
func TestServer_answers(t *testing.T) {
	url := serve(t, shared, server.Options{TokenizerInfo: true, Version: "0.33.0"})
	tokens := "[1,3,22177,1044,4304,1033,4]"
	for _, c := range []struct{ method, path, body, want string }{
		{"POST", "/tokenize", chat, `{"count":7,"max_model_len":32768,"tokens":` + tokens + `,"token_strs":null}`},
		{"POST", "/tokenize", `{"prompt":"Hello, world!","model":"alias"}`, `{"count":5,"max_model_len":32768,"tokens":[1,22177,1044,4304,1033],"token_strs":null}`},
		{"POST", "/detokenize", `{"tokens":[22177,1044,4304,1033]}`, `{"prompt":"Hello, world!"}`},
		{"POST", "/v1/tokenize/", chat, tokens},
		{"POST", "/v1/detokenize/string", `{"tokens":[22177,1044]}`, `"Hello,"`},
		{"GET", "/tokenizer_info", "", `{"tokenizer_class":"MistralTokenizer"}`},
		{"GET", "/version", "", `{"version":"0.33.0"}`},
	} {
		a := ask(t, c.method, url+c.path, c.body, isJSON)
		assert.Equal(t, 200, a.status, c.path)
		assert.Equal(t, c.want, a.body, c.path)
		assert.Equal(t, "application/json", a.header.Get("Content-Type"), c.path)
		assert.Equal(t, fmt.Sprint(len(c.want)), a.header.Get("Content-Length"), c.path)
	}
	a := post(t, url+"/v1/detokenize/", `[22177,1044,2]`)
	assert.Equal(t, 200, a.status)
	assert.JSONEq(t, `{"role":"assistant","content":"Hello,","tool_calls":null,"prefix":false}`, a.body)

	a = post(t, url+"/v1/chat/completions/render", chat, "X-Request-Id: abc")
	require.Equal(t, 200, a.status, a.body)
	assert.Contains(t, a.body, `"request_id":"chatcmpl-abc","token_ids":`+tokens)
	a = post(t, url+"/v1/completions/render", `{"prompt":"Hello"}`, "X-Request-Id: abc")
	require.Equal(t, 200, a.status, a.body)
	assert.Contains(t, a.body, `"request_id":"cmpl-abc","token_ids":[1,22177]`)
}

func TestServer_unknown(t *testing.T) {
	url := serve(t, shared, server.Options{})
	for _, path := range []string{"/nope", "/", "/openapi.json", "/tokenizer_info", "/v1", "/v1/", "/tokenize/x", "//tokenize"} {
		t.Run(path, func(t *testing.T) {
			a := ask(t, "GET", url+path, "")
			assert.Equal(t, 404, a.status, path)
			assert.Equal(t, `{"detail":"Not Found"}`, a.body)
		})
	}
	for _, c := range []struct{ method, path, allow string }{
		{"GET", "/tokenize", "POST"}, {"POST", "/health", "GET"}, {"HEAD", "/health", "GET"}, {"DELETE", "/v1/models", "GET"},
		{"OPTIONS", "/tokenize", "POST"}, {"PUT", "/ping", "GET, POST"}, {"GET", "/v1/tokenize/", "POST"}, {"POST", "/livez", "GET, HEAD"},
	} {
		t.Run(c.method, func(t *testing.T) {
			a := ask(t, c.method, url+c.path, "")
			assert.Equal(t, 405, a.status, c)
			assert.Equal(t, c.allow, a.header.Get("Allow"))
			if c.method != "HEAD" {
				assert.Equal(t, `{"detail":"Method Not Allowed"}`, a.body)
			}
		})
	}
}

// FastAPI sends the caller to the path with the slash, or without, keeping method and body.
func TestRoutes_slashes(t *testing.T) {
	url := serve(t, shared, server.Options{})
	here := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer here.CloseIdleConnections()
	for from, to := range map[string]string{
		"/v1/tokenize": "/v1/tokenize/", "/v1/detokenize": "/v1/detokenize/", "/tokenize/": "/tokenize",
		"/v1/detokenize/string/?a=b": "/v1/detokenize/string?a=b", "/health/": "/health",
	} {
		t.Run(from, func(t *testing.T) {
			a, err := try(t.Context(), here, "POST", url+from, "")
			require.NoError(t, err)
			assert.Equal(t, 307, a.status)
			assert.Equal(t, url+to, a.header.Get("Location"))
			assert.Empty(t, a.body)
		})
	}
	a := post(t, url+"/v1/tokenize", chat)
	assert.Equal(t, "[1,3,22177,1044,4304,1033,4]", a.body, "a client follows")
}

func TestRoutes_models(t *testing.T) {
	url := serve(t, shared, server.Options{})
	a := ask(t, "GET", url+"/v1/models", "")
	require.Equal(t, 200, a.status)
	var list struct {
		Object string
		Data   []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &list))
	assert.Equal(t, "list", list.Object)
	require.Len(t, list.Data, 2)
	assert.Equal(t, "m", list.Data[0]["id"])
	assert.Equal(t, "alias", list.Data[1]["id"])
	// Keys and their order are vLLM's.
	var keys []string
	for _, part := range strings.Split(a.body[strings.Index(a.body, `{"id"`):strings.Index(a.body, `}]}`)], `,"`) {
		key, _, _ := strings.Cut(strings.Trim(part, `{"`), `"`)
		keys = append(keys, key)
	}
	assert.Equal(t, "id object created owned_by root parent max_model_len permission object created allow_create_engine allow_sampling "+
		"allow_logprobs allow_search_indices allow_view allow_fine_tuning organization group is_blocking", strings.Join(keys, " "))
}

func TestRoutes_contentTypes(t *testing.T) {
	url := serve(t, shared, server.Options{})
	refused := `{"error":{"message":"1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed","type":"Bad Request","param":null,"code":400}}`
	for _, kind := range []string{"", "text/plain", "application/json ;charset=utf-8", "application/x+json"} {
		a := ask(t, "POST", url+"/tokenize", chat, "Content-Type: "+kind)
		assert.Equal(t, 400, a.status, kind)
		assert.Equal(t, refused, a.body, kind)
	}
	for _, kind := range []string{"application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;"} {
		assert.Equal(t, 200, ask(t, "POST", url+"/tokenize", chat, "Content-Type: "+kind).status, kind)
	}
	// mistral_common's server takes any JSON, and validates the bytes of anything else.
	for _, kind := range []string{"application/json", "application/vnd.x+json", "Application/JSON ; a=b"} {
		assert.Equal(t, 200, ask(t, "POST", url+"/v1/tokenize/", chat, "Content-Type: "+kind).status, kind)
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded"} {
		a := ask(t, "POST", url+"/v1/tokenize/", chat, "Content-Type: "+kind)
		assert.Equal(t, 422, a.status, kind)
		assert.Equal(t, `{"detail":[{"type":"model_attributes_type","loc":["body","ChatCompletionRequest"],"msg":"Input should be a valid dictionary or object to extract fields from","input":"{\"messages\":[{\"role\":\"user\",\"content\":\"Hello, world!\"}]}"},`+
			`{"type":"model_attributes_type","loc":["body","OpenAIChatCompletionRequest"],"msg":"Input should be a valid dictionary or object to extract fields from","input":"{\"messages\":[{\"role\":\"user\",\"content\":\"Hello, world!\"}]}"}]}`, a.body, kind)
		a = ask(t, "POST", url+"/v1/detokenize/", "[1,2]", "Content-Type: "+kind)
		assert.Equal(t, `{"detail":[{"type":"list_type","loc":["body"],"msg":"Input should be a valid list","input":"[1,2]"}]}`, a.body, kind)
		a = ask(t, "POST", url+"/v1/detokenize/string", `{"tokens":[1]}`, "Content-Type: "+kind)
		assert.Equal(t, `{"detail":"Tokens list cannot be empty."}`, a.body, kind)
	}
}

// Routes returns all that are served: with all options the whole table. Each of them exists, and nothing else.
func TestRoutes(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) })
	s, err := server.New(quiet{shared}, server.Options{Addrs: []string{"127.0.0.1:0"}, TokenizerInfo: true, OpenAPI: page, Page: page})
	require.NoError(t, err)
	url := "http://" + run(t, s)
	var all []string
	assert.Len(t, s.Routes(), len(routes.Table), "a route of the table is not answered")
	for _, r := range s.Routes() {
		for _, method := range r.Methods {
			all = append(all, method+" "+r.Path)
			assert.NotContains(t, []int{404, 405}, ask(t, method, url+r.Path, "").status, r.Path)
		}
		assert.Equal(t, strings.HasPrefix(r.Path, "/v1"), r.Guarded(false))
	}
	assert.Equal(t, []string{
		"GET /", "HEAD /", "POST /detokenize", "GET /health", "GET /livez", "HEAD /livez", "GET /metrics", "HEAD /metrics",
		"GET /openapi.json", "HEAD /openapi.json", "GET /ping", "POST /ping", "GET /readyz", "HEAD /readyz", "POST /tokenize", "GET /tokenizer_info",
		"POST /v1/chat/completions/count", "POST /v1/chat/completions/derender", "POST /v1/chat/completions/render", "POST /v1/chat/completions/spans",
		"POST /v1/completions/derender", "POST /v1/completions/render", "POST /v1/count", "POST /v1/decode", "POST /v1/detokenize/", "POST /v1/detokenize/stream", "POST /v1/detokenize/string",
		"POST /v1/encode", "POST /v1/messages/render", "GET /v1/models", "POST /v1/offsets", "POST /v1/responses/render", "POST /v1/tokenize/", "GET /v1/tokenizers", "GET /version",
	}, all)
	assert.Equal(t, "hello", ask(t, "GET", url+"/", "").body)
}

func TestRoutes_probes(t *testing.T) {
	e, err := engine.Start(engine.Options{Models: options().Models, Open: nil, Bridge: []bridge.Option{bridge.WithPython("/nope")}})
	require.NoError(t, err)
	require.Error(t, e.Wait(t.Context()))
	url := serve(t, e, server.Options{})
	assert.Equal(t, 503, ask(t, "GET", url+"/health", "").status)
	assert.Equal(t, 200, ask(t, "GET", url+"/livez", "").status)
	a := ask(t, "GET", url+"/readyz", "")
	assert.Equal(t, 503, a.status)
	assert.Contains(t, a.body, `"reason":"`)
	assert.Equal(t, 503, ask(t, "GET", url+"/v1/models", "").status)
	a = post(t, url+"/tokenize", chat)
	assert.Equal(t, 503, a.status)
	assert.Equal(t, `{"error":{"message":"The models are being loaded.","type":"ServiceUnavailableError","param":null,"code":503}}`, a.body)
	assert.Equal(t, "1", a.header.Get("Retry-After"))
	require.NoError(t, e.Close(t.Context()))
	assert.Contains(t, ask(t, "GET", url+"/readyz", "").body, engine.ErrDraining.Error())

	url = serve(t, shared, server.Options{})
	for _, path := range []string{"/health", "/ping"} {
		t.Run(path, func(t *testing.T) {
			a = ask(t, "GET", url+path, "")
			assert.Equal(t, 200, a.status)
			assert.Empty(t, a.body)
			assert.Empty(t, a.header.Get("Content-Type"))
		})
	}
	assert.Equal(t, 200, ask(t, "POST", url+"/ping", "").status)
	assert.Equal(t, `{"status":"ok"}`, ask(t, "GET", url+"/readyz", "").body)
	assert.Empty(t, ask(t, "HEAD", url+"/readyz", "").body)
}
