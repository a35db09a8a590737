package bridge_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

// routes are the routes by their paths.
var routes = map[string]refserver.Route{
	"/tokenize": refserver.RouteTokenize, "/detokenize": refserver.RouteDetokenize, "/tokenizer_info": refserver.RouteTokenizerInfo,
	"/v1/chat/completions/render": refserver.RouteRenderChat, "/v1/completions/render": refserver.RouteRenderCompletion,
	"/v1/messages/render": refserver.RouteRenderMessages, "/v1/responses/render": refserver.RouteRenderResponses,
	"/v1/chat/completions/derender": refserver.RouteDerenderChat, "/v1/completions/derender": refserver.RouteDerenderCompletion,
	"/v1/tokenize/": refserver.RouteMistralTokenize, "/v1/detokenize/": refserver.RouteMistralDetokenize,
	"/v1/detokenize/string": refserver.RouteMistralDetokenizeString,
}

// onlyVLLM are the routes that nothing else answers.
var onlyVLLM = []refserver.Route{refserver.RouteRenderMessages, refserver.RouteRenderResponses, refserver.RouteDerenderChat, refserver.RouteDerenderCompletion}

const helloChat = `{"messages":[{"role":"user","content":"Hello, world!"}]}`

// answering is a server of the models that the recorded answers are of.
func answering(t *testing.T, tok *bridge.Tokenizer) *refserver.Server {
	t.Helper()
	s, err := refserver.New(tok, serveOptions())
	require.NoError(t, err)
	return s
}

// asking is a request with the id of the recorded ones.
func asking(route refserver.Route, body []byte) refserver.Request {
	return refserver.Request{Route: route, Body: body, ID: "0123456789abcdef"}
}

func serveOptions() refserver.Options {
	return refserver.Options{Models: []string{"m", "alias"}, MaxModelLen: 4096}
}

// recordedAnswer is what a reference's server answered.
type recordedAnswer struct {
	Path    string
	Type    string
	Status  int
	Request string
	Answer  string
	Hex     string `json:"request_hex"`
}

func (a recordedAnswer) body(t *testing.T) []byte {
	if a.Hex == "" {
		return []byte(a.Request)
	}
	raw, err := hex.DecodeString(a.Hex)
	require.NoError(t, err)
	return raw
}

// errorWords are those of an error of vLLM's routes; all else in an answer is the reference's.
var errorWords = regexp.MustCompile(`^\{"error":\{"message":"(?:[^"\\]|\\.)+",`)

func promised(answer string) string {
	return errorWords.ReplaceAllString(answer, `{"error":{"message":"…",`)
}

// The answers that vLLM's and mistral_common's servers gave are ours, byte for byte.
func TestServe_golden(t *testing.T) {
	for _, name := range []string{"v3-tekken", "v3"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("../testdata/golden/server", name+".json"))
			require.NoError(t, err)
			var recorded struct{ Answers []recordedAnswer }
			require.NoError(t, json.Unmarshal(text, &recorded))
			require.Greater(t, len(recorded.Answers), 1000)
			server := answering(t, shipped(t, name))
			for i, want := range recorded.Answers {
				room := []int{0, refserver.DefaultRoom, 40}[i%3] // copied, in place, and for want of room copied
				request := asking(routes[want.Path], append(make([]byte, room), want.body(t)...))
				request.Room = room
				if request.ContentType = want.Type; want.Type == "" {
					request.ContentType = "none"
				}
				got, err := server.Serve(t.Context(), request)
				require.NoError(t, err, "%s %s", want.Path, want.Request)
				body := got.AppendBody(nil)
				if slices.Contains(onlyVLLM, request.Route) {
					if want.Status == http.StatusOK {
						assert.Equal(t, http.StatusNotFound, got.Status, want.Request)
						assert.Contains(t, string(body), want.Path+" needs vLLM")
					}
					continue
				}
				if !assert.Equal(t, want.Status, got.Status, "%s %s", want.Path, want.Request) {
					continue
				}
				assert.Equal(t, promised(want.Answer), promised(string(body)), "%s %s", want.Path, want.Request)
				assert.Len(t, body, got.Len())
				isJSON := got.ContentType == "application/json"
				assert.Equal(t, json.Valid(body), isJSON, want.Answer)
			}
		})
	}
}

func TestServe(t *testing.T) {
	tok := shipped(t, "v3-tekken")
	served, err := answering(t, tok).Serve(t.Context(), asking(refserver.RouteTokenize, []byte(helloChat)))
	require.NoError(t, err)
	const want = `{"count":7,"max_model_len":4096,"tokens":[1,3,22177,1044,4304,1033,4],"token_strs":null}`
	assert.Equal(t, http.StatusOK, served.Status)
	assert.Equal(t, want, string(served.AppendBody(nil)))
	assert.Equal(t, "kept"+want, string(served.AppendBody([]byte("kept"))))
	assert.Equal(t, 7, served.Count())
	assert.Len(t, want, served.Len())

	again, err := answering(t, tok).ServeAsync(t.Context(), asking(refserver.RouteMistralTokenize, []byte(helloChat))).Await(t.Context())
	require.NoError(t, err)
	assert.Equal(t, `[1,3,22177,1044,4304,1033,4]`, string(again.AppendBody(nil)))
	assert.Len(t, again.AppendBody(nil), again.Len())

	refused, err := answering(t, tok).Serve(t.Context(), asking(refserver.RouteTokenize, []byte(`{"prompt":"a","model":"gpt"}`)))
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotFound, refused.Status)
	assert.Equal(t, -1, refused.Count())
	assert.JSONEq(t, `{"error":{"message":"The model `+"`gpt`"+` does not exist. Valid aliases: m, alias.","type":"NotFoundError","param":"model","code":404}}`, string(refused.AppendBody(nil)))
}

// Many at once, of every route, each get their own answer.
func TestServe_concurrent(t *testing.T) {
	tok := shipped(t, "v3-tekken")
	var group sync.WaitGroup
	for n := range 16 {
		group.Go(func() {
			for range 20 {
				text := strings.Repeat("word ", n+1)
				body, _ := json.Marshal(map[string]string{"prompt": text})
				got, err := answering(t, tok).Serve(context.Background(), asking(refserver.RouteTokenize, body))
				if assert.NoError(t, err) {
					want, err := tok.EncodeText(context.Background(), text, true, false)
					assert.NoError(t, err)
					assert.Equal(t, want, got.Tokens)
				}
			}
		})
	}
	group.Wait()
}

func TestServe_closed(t *testing.T) {
	tok, err := shared.Load(t.Context(), bridge.Shipped("v2"))
	require.NoError(t, err)
	require.NoError(t, tok.Close(t.Context()))
	_, err = answering(t, tok).Serve(t.Context(), asking(refserver.RouteTokenize, []byte(helloChat)))
	require.ErrorIs(t, err, bridge.ErrClosed)
	_, err = answering(t, tok).Schemas(t.Context())
	require.ErrorIs(t, err, bridge.ErrClosed)
}

func TestServe_schemas(t *testing.T) {
	tok := shipped(t, "v3")
	text, err := answering(t, tok).Schemas(t.Context())
	require.NoError(t, err)
	var schemas struct {
		Defs   map[string]json.RawMessage `json:"$defs"`
		Routes map[string]struct{ Request, Response, Error json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(text, &schemas))
	assert.Greater(t, len(schemas.Defs), 50)
	require.Len(t, schemas.Routes, len(routes))
	for path := range routes {
		assert.NotEmpty(t, schemas.Routes[path].Response, path)
		assert.NotEmpty(t, schemas.Routes[path].Error, path)
		assert.Equal(t, path == "/tokenizer_info", schemas.Routes[path].Request == nil, path)
	}
	again, err := answering(t, tok).SchemasAsync(t.Context()).Await(t.Context())
	require.NoError(t, err)
	assert.JSONEq(t, string(text), string(again))
}

// What a request names by URL is put into it by the Runtime's Fetcher, and by nothing else.
func TestServe_fetch(t *testing.T) {
	denied, err := answering(t, shipped(t, "v3-tekken-mm")).Serve(t.Context(), asking(refserver.RouteTokenize, imageBody("http://images.example/a.png")))
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, denied.Status)
	assert.Contains(t, string(denied.Head), "nothing that a request names is fetched or opened")

	o := site(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(fromBase64(t, onePixel)) })
	fetcher, err := bridge.NewFetcher(o)
	require.NoError(t, err)
	rt, err := bridge.Open(t.Context(), append(options(), bridge.WithFetcher(fetcher))...)
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Close(context.Background())) }()
	tok, err := rt.Load(t.Context(), bridge.Shipped("v3-tekken-mm"))
	require.NoError(t, err)
	for i, route := range []refserver.Route{refserver.RouteTokenize, refserver.RouteMistralTokenize} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			served, err := answering(t, tok).Serve(t.Context(), asking(route, imageBody("http://images.example/a.png")))
			require.NoError(t, err)
			assert.Equal(t, []int32{1, 3, 10, 13, 4}, served.Tokens)
			served, err = answering(t, tok).ServeAsync(t.Context(), asking(route, imageBody("http://images.example/a.png"))).Await(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []int32{1, 3, 10, 13, 4}, served.Tokens)
		})
	}
	_, err = answering(t, tok).Serve(t.Context(), asking(refserver.RouteTokenize, imageBody("http://inside.example/a.png")))
	var failed *bridge.FetchError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, bridge.ErrFetchRefused)
}

const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="

func imageBody(url string) []byte {
	return []byte(`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"` + url + `"}}]}]}`)
}

func TestResponse_AppendBody(t *testing.T) {
	for i, tokens := range [][]int32{{}, {0}, {-1, 1}, {9, 10, 99, 100, 131071}, {math.MinInt32, math.MaxInt32}} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			s := &refserver.Response{Head: []byte("{"), Tail: []byte("}"), Tokens: tokens}
			body := s.AppendBody(nil)
			assert.Len(t, body, s.Len())
			want, err := json.Marshal(tokens)
			require.NoError(t, err)
			assert.Equal(t, "{"+string(want)+"}", string(body))
			assert.Equal(t, len(tokens), s.Count())
			room := make([]byte, 0, s.Len())
			assert.Zero(t, testing.AllocsPerRun(100, func() { s.AppendBody(room) }))
		})
	}
	whole := &refserver.Response{Head: []byte("Internal Server Error")}
	assert.Equal(t, "Internal Server Error", string(whole.AppendBody(nil)))
	assert.Equal(t, -1, whole.Count())
}
