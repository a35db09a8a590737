package openapi_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/openapi"
	"github.com/mistralbridge/mistralbridge/cmd/internal/page"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	"github.com/mistralbridge/mistralbridge/internal/routes"
)

const tools = `[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}]`

type question struct {
	method, path, body string
	status             int
}

// questions are requests with the status of their answers.
var questions = []question{
	{"POST", "/tokenize", `{"prompt":"Hello 😀"}`, 200},
	{"POST", "/tokenize", `{"model":"m","prompt":"Hello 😀","add_special_tokens":false,"return_token_strs":true}`, 200},
	{"POST", "/tokenize", `{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"}]}],"tools":` + tools + `}`, 200},
	{"POST", "/tokenize", `{"prompt":1}`, 400},
	{"POST", "/tokenize", `{"prompt":`, 400},
	{"POST", "/tokenize", `{"model":"other","prompt":"a"}`, 404},
	{"POST", "/tokenize", `{"prompt":"` + strings.Repeat("a", 5000) + `"}`, 413},
	{"POST", "/detokenize", `{"tokens":[22177,1044]}`, 200},
	{"POST", "/detokenize", `{"tokens":[-1]}`, 400},
	{"GET", "/tokenizer_info", "", 200},
	{"POST", "/v1/chat/completions/render", `{"messages":[{"role":"user","content":"a"}],"max_tokens":5,"temperature":0.5,"stop":["x"]}`, 200},
	{"POST", "/v1/chat/completions/render", `{"messages":[{"role":"user","content":"a"}],"tools":` + tools + `,"seed":7}`, 200},
	{"POST", "/v1/chat/completions/render", `{"messages":[]}`, 400},
	{"POST", "/v1/completions/render", `{"prompt":["a","b"],"max_tokens":5}`, 200},
	{"POST", "/v1/completions/render", `{"prompt":"a","max_tokens":-5}`, 400},
	{"POST", "/v1/tokenize/", `{"messages":[{"role":"user","content":"a"}]}`, 200},
	{"POST", "/v1/tokenize/", `{"messages":[]}`, 400},
	{"POST", "/v1/tokenize/", `{"messages":1}`, 422},
	{"POST", "/v1/detokenize/", `[22177,2]`, 200},
	{"POST", "/v1/detokenize/", `["a"]`, 422},
	{"POST", "/v1/detokenize/string", `{"tokens":[22177]}`, 200},
	{"POST", "/v1/detokenize/string", `{"tokens":[22177],"special_token_policy":"keep"}`, 200},
	{"POST", "/v1/detokenize/string", `{"tokens":[]}`, 400},
	{"POST", "/v1/encode", `{"messages":[{"role":"user","content":"a"}]}`, 200},
	{"POST", "/v1/encode", `{"messages":[]}`, 400},
	{"POST", "/v1/encode", `{"messages":"` + strings.Repeat("a", 5000) + `"}`, 413},
	{"POST", "/v1/count", `{"messages":[{"role":"user","content":"a"}]}`, 200},
	{"POST", "/v1/count", `{`, 400},
	{"POST", "/v1/decode", `[22177,1044]`, 200},
	{"POST", "/v1/decode", `[-1]`, 400},
	{"POST", "/v1/detokenize/stream", `[22177]`, 200},
	{"GET", "/v1/tokenizers", "", 200},
	{"POST", "/v1/chat/completions/count", `{"model":"m","stream":true,"messages":[{"role":"user","content":"a","name":"b"}],"tools":` + tools + `}`, 200},
	{"POST", "/v1/chat/completions/count", `{"messages":[]}`, 400},
	{"POST", "/v1/chat/completions/spans", `{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]}`, 200},
	{"POST", "/v1/chat/completions/spans", `{"model":"other","messages":[{"role":"user","content":"a"}]}`, 404},
	{"POST", "/v1/offsets", `{"text":"Hello 😀"}`, 200},
	{"POST", "/v1/offsets", `{"model":"m","text":""}`, 200},
	{"POST", "/v1/offsets", `{"text":1}`, 400},
	{"GET", "/v1/models", "", 200},
	{"GET", "/version", "", 200},
	{"GET", "/health", "", 200},
	{"GET", "/ping", "", 200},
	{"POST", "/ping", "", 200},
	{"GET", "/livez", "", 200},
	{"HEAD", "/livez", "", 200},
	{"GET", "/readyz", "", 200},
	{"GET", "/metrics", "", 200},
	{"GET", "/openapi.json", "", 200},
	{"GET", "/", "", 200},
}

// A real server's answers are as the document says.
func TestDocument_answers(t *testing.T) {
	info := everything
	info.Keys = false
	doc := document(t, info)
	s, err := server.New(loaded, server.Options{
		TokenizerInfo: true, OpenAPI: documentHandler(t), Page: page.Handler(), MaxBody: 4 << 10, BodyMemory: 1 << 20,
	})
	require.NoError(t, err)
	ts := httptest.NewServer(s.Handler())
	defer ts.Close()
	answered := map[string]bool{}
	all := slices.Clone(questions)
	for _, r := range routes.Table {
		if r.Example != "" { // the document gives it to readers
			status := 200
			if r.NeedsVLLM {
				status = 404
			}
			all = append(all, question{r.Methods[0], r.Path, r.Example, status})
		}
	}
	for _, q := range all {
		t.Run(q.method+strings.ReplaceAll(q.path, "/", "_")+strconv.Itoa(q.status), func(t *testing.T) {
			input, got := ask(t, doc, ts.URL, q.method, q.path, q.body)
			require.Equal(t, q.status, got.status, string(got.body))
			if q.status == 200 && q.body != "" {
				assert.NoError(t, openapi3filter.ValidateRequest(t.Context(), input))
			}
			// A body that is refused for its size is none that the schema describes.
			if (q.status == 400 || q.status == 422) && strings.HasSuffix(q.body, `:1}`) {
				assert.Error(t, openapi3filter.ValidateRequest(t.Context(), input))
			}
			assert.NoError(t, got.validate(t, input), "%.300s", got.body)
			answered[q.path] = true
		})
	}
	for path := range doc.Paths.Map() {
		assert.True(t, answered[path], "%s was not asked", path)
	}
}

// Otherwise the test above would prove nothing.
func TestDocument_otherAnswers(t *testing.T) {
	doc := document(t, everything)
	s, err := server.New(loaded, server.Options{})
	require.NoError(t, err)
	ts := httptest.NewServer(s.Handler())
	defer ts.Close()
	input, got := ask(t, doc, ts.URL, "POST", "/tokenize", `{"prompt":"a"}`)
	require.NoError(t, got.validate(t, input))
	for old, wrong := range map[string]string{`"count":2`: `"count":"2"`, `"tokens":[`: `"ids":[`, `,"max`: `,"count":null,"max`} {
		t.Run(old, func(t *testing.T) {
			changed := got
			changed.body = bytes.Replace(got.body, []byte(old), []byte(wrong), 1)
			require.NotEqual(t, string(got.body), string(changed.body))
			assert.Error(t, changed.validate(t, input), wrong)
		})
	}
	got.status = http.StatusTeapot
	assert.Error(t, got.validate(t, input))
}

func documentHandler(t *testing.T) http.Handler {
	schemas, err := loaded.Schemas(t.Context())
	require.NoError(t, err)
	return openapi.Handler(func(context.Context) ([]byte, error) { return openapi.Document(schemas, everything) })
}

// answer is what a server said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func ask(t *testing.T, doc *openapi3.T, address, method, path, body string) (*openapi3filter.RequestValidationInput, answer) {
	t.Helper()
	build := func() *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), method, address+path, strings.NewReader(body))
		require.NoError(t, err)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		return r
	}
	response, err := http.DefaultClient.Do(build())
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	item := doc.Paths.Value(path)
	require.NotNil(t, item)
	return &openapi3filter.RequestValidationInput{
		Request: build(),
		Route:   &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: item.GetOperation(method)},
		Options: options(),
	}, answer{response.StatusCode, response.Header, text}
}

// linesAreText has the validator take lines of JSON as a text.
var linesAreText = sync.OnceFunc(func() {
	openapi3filter.RegisterBodyDecoder("application/x-ndjson", openapi3filter.FileBodyDecoder)
})

func options() *openapi3filter.Options {
	linesAreText()
	return &openapi3filter.Options{
		IncludeResponseStatus: true, MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
	}
}

func (a answer) validate(t *testing.T, input *openapi3filter.RequestValidationInput) error {
	t.Helper()
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: a.status, Header: a.header, Options: options(),
	}
	in.SetBodyBytes(a.body)
	return openapi3filter.ValidateResponse(t.Context(), in)
}
