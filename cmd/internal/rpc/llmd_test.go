package rpc_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

// texts are what tokenizers are tried with.
var texts = []string{
	"", " ", "  ", "\n", "Hello, how are you?", " leading", "trailing  ", "a\tb\r\nc\x00d", "Grüße, 你好 مرحبا 🌍 👩‍👩‍👧", "▁ ▁▁x", "<s>[INST]</s>",
	"e\u0301 ﬁ Ａ", "\u2028\u00a0\u200b\ufeff", "<0x0A>", strings.Repeat("na ", 3000), "\U0010ffff\u0378", "\"\\<>&'",
}

// Ids and offsets: each token's characters spell the token.
func TestLLMD_Tokenize(t *testing.T) {
	c := llmd(t)
	for _, name := range []string{"tekken", "/models/tekken", "spm"} {
		t.Run(name, func(t *testing.T) {
			for _, text := range texts {
				for _, special := range []bool{true, false} {
					want, err := model(t, name).Tokenizer().EncodeText(t.Context(), text, special, false)
					require.NoError(t, err)
					got, err := c.Tokenize(t.Context(), &tokenization.TokenizeRequest{Input: text, ModelName: name, AddSpecialTokens: special})
					require.NoError(t, err, "%q", text)
					assert.True(t, got.GetSuccess())
					assert.Empty(t, got.GetErrorMessage())
					assert.Equal(t, ids(want), ids(signed(got.GetInputIds())), "%s %q", name, text)
					pairs := got.GetOffsetPairs()
					require.Len(t, pairs, 2*len(want), "%s %q", name, text)
					last := uint32(0)
					for i := 0; i < len(pairs); i += 2 {
						assert.LessOrEqual(t, pairs[i], pairs[i+1])
						assert.GreaterOrEqual(t, pairs[i+1], last)
						last = pairs[i+1]
					}
					if len(want) > 0 {
						assert.Equal(t, uint32(utf8.RuneCountInString(text)), last, "%s %q", name, text)
					}
					if special {
						assert.Equal(t, []uint32{0, 0}, pairs[:2])
					}
				}
			}
		})
	}
}

func signed(list []uint32) []int32 {
	out := make([]int32, len(list))
	for i, id := range list {
		out[i] = int32(id)
	}
	return out
}

func TestLLMD_InitializeTokenizer(t *testing.T) {
	c := llmd(t)
	for name, want := range map[string]bool{"tekken": true, "/models/tekken": true, "spm": true, "": false, "other/model": false} {
		t.Run(name, func(t *testing.T) {
			got, err := c.InitializeTokenizer(t.Context(), &tokenization.InitializeTokenizerRequest{ModelName: name, AddGenerationPrompt: true})
			require.NoError(t, err)
			assert.Equal(t, want, got.GetSuccess(), name)
			if want {
				assert.Empty(t, got.GetErrorMessage())
			} else {
				assert.Equal(t, "Failed to initialize renderer for model: "+name, got.GetErrorMessage())
			}
		})
	}
}

const (
	tools = `[{"type":"function","function":{"name":"weather","description":"of a city","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","default":1.50}},"required":["city"]}}}]`
	calls = `[{"id":"123456789","type":"function","function":{"name":"weather","arguments":"{\"city\": \"Zürich\"}"}}]`
	pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

// chats are requests with the body that they are to become.
var chats = []struct {
	name  string
	model string
	req   *tokenization.RenderChatCompletionRequest
	body  string
}{
	{"one message", "tekken",
		&tokenization.RenderChatCompletionRequest{Messages: []*tokenization.ChatMessage{{Role: "user", Content: ptr("Hello <b>&</b> \u2028 🌍")}}},
		`{"model":"tekken","messages":[{"role":"user","content":"Hello <b>&</b> \u2028 🌍"}]}`},
	{"by its path", "/models/tekken",
		&tokenization.RenderChatCompletionRequest{Messages: []*tokenization.ChatMessage{{Role: "user", Content: ptr("Hi")}}, AddGenerationPrompt: ptr(true)},
		`{"model":"/models/tekken","messages":[{"role":"user","content":"Hi"}]}`},
	{"system and turns", "spm",
		&tokenization.RenderChatCompletionRequest{Messages: []*tokenization.ChatMessage{
			{Role: "system", Content: ptr("Be brief.")}, {Role: "user", Content: ptr("2+2?")}, {Role: "assistant", Content: ptr("4")}, {Role: "user", Content: ptr("3+3?")},
		}},
		`{"model":"spm","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"2+2?"},{"role":"assistant","content":"4"},{"role":"user","content":"3+3?"}]}`},
	{"continues the last", "tekken",
		&tokenization.RenderChatCompletionRequest{Messages: []*tokenization.ChatMessage{
			{Role: "user", Content: ptr("2+2?")}, {Role: "assistant", Content: ptr("It is")},
		}, AddGenerationPrompt: ptr(false), ContinueFinalMessage: true},
		`{"model":"tekken","messages":[{"role":"user","content":"2+2?"},{"role":"assistant","content":"It is"}],"add_generation_prompt":false,"continue_final_message":true}`},
	{"tools", "tekken",
		&tokenization.RenderChatCompletionRequest{Messages: []*tokenization.ChatMessage{{Role: "user", Content: ptr("Rain?")}}, ToolsJson: ptr(tools)},
		`{"model":"tekken","messages":[{"role":"user","content":"Rain?"}],"tools":` + tools + `}`},
	{"a call of a tool", "tekken",
		&tokenization.RenderChatCompletionRequest{Messages: []*tokenization.ChatMessage{
			{Role: "user", Content: ptr("Rain?")}, {Role: "assistant", Content: ptr(""), ToolCallsJson: ptr(calls)}, {Role: "user", Content: ptr("And?")},
		}, ToolsJson: ptr(tools)},
		`{"model":"tekken","messages":[{"role":"user","content":"Rain?"},{"role":"assistant","content":"","tool_calls":` + calls + `},{"role":"user","content":"And?"}],"tools":` + tools + `}`},
	{"parts", "tekken",
		&tokenization.RenderChatCompletionRequest{Messages: []*tokenization.ChatMessage{{Role: "user", ContentParts: []*tokenization.ContentPart{
			{Type: "text", Text: ptr("one")}, {Type: "text", Text: ptr("two")},
		}}}},
		`{"model":"tekken","messages":[{"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]}]}`},
	{"a long one", "spm",
		&tokenization.RenderChatCompletionRequest{Messages: []*tokenization.ChatMessage{{Role: "user", Content: ptr(strings.Repeat("word ", 50000))}}},
		`{"model":"spm","messages":[{"role":"user","content":"` + strings.Repeat("word ", 50000) + `"}]}`},
}

// The tokens of llm-d's call, of the HTTP route's answer and of the bridge are the same.
func TestLLMD_RenderChatCompletion(t *testing.T) {
	c := llmd(t)
	for _, k := range chats {
		t.Run(k.name, func(t *testing.T) {
			k.req.ModelName = k.model
			got, err := c.RenderChatCompletion(t.Context(), k.req)
			require.NoError(t, err)
			assert.True(t, got.GetSuccess())
			assert.Nil(t, got.GetFeatures())
			assert.True(t, strings.HasPrefix(got.GetRequestId(), "chatcmpl-"), got.GetRequestId())

			answer := httpAnswer(t, refserver.RouteRenderChat, k.body)
			assert.Equal(t, answer.TokenIDs, signed(got.GetTokenIds()))

			if !k.req.GetContinueFinalMessage() { // mistral_common's own request says prefix instead
				out, err := model(t, k.model).Tokenizer().EncodeChatJSON(t.Context(), mistralChat(t, k.body))
				require.NoError(t, err)
				assert.Equal(t, out.Tokens, signed(got.GetTokenIds()))
			}
		})
	}
}

// Images have what a router needs of them, and no pixels.
func TestLLMD_RenderChatCompletion_images(t *testing.T) {
	got, err := llmd(t).RenderChatCompletion(t.Context(), &tokenization.RenderChatCompletionRequest{ModelName: "images", Messages: []*tokenization.ChatMessage{
		{Role: "user", ContentParts: []*tokenization.ContentPart{{Type: "image_url", ImageUrl: &tokenization.ImageUrl{Url: pixel}}}},
	}})
	require.NoError(t, err)
	assert.Equal(t, []int32{1, 3, 10, 13, 4}, signed(got.GetTokenIds()))
	hashes, places := got.GetFeatures().GetMmHashes()["image"].GetValues(), got.GetFeatures().GetMmPlaceholders()["image"].GetRanges()
	require.Len(t, hashes, 1)
	require.Len(t, places, 1)
	assert.Regexp(t, "^[0-9a-f]{64}$", hashes[0])
	assert.EqualValues(t, 2, places[0].GetOffset())
	assert.EqualValues(t, 2, places[0].GetLength())
	answer := httpAnswer(t, refserver.RouteRenderChat, `{"model":"images","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"`+pixel+`"}}]}]}`)
	assert.Equal(t, answer.TokenIDs, signed(got.GetTokenIds()))
}

// mistralChat is a body in mistral_common's form: without what it has no field for.
func mistralChat(t *testing.T, body string) []byte {
	var fields map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(body), &fields))
	delete(fields, "add_generation_prompt")
	out, err := json.Marshal(fields)
	require.NoError(t, err)
	return out
}

type generate struct {
	RequestID string  `json:"request_id"`
	TokenIDs  []int32 `json:"token_ids"`
	Features  *struct {
		Hashes       map[string][]string                         `json:"mm_hashes"`
		Placeholders map[string][]struct{ Offset, Length int32 } `json:"mm_placeholders"`
	} `json:"features"`
}

// httpAnswer is the body that the HTTP server writes, read.
func httpAnswer(t *testing.T, route refserver.Route, body string) (g generate) {
	t.Helper()
	answer, err := shared.Serve(t.Context(), refserver.Request{Route: route, Body: []byte(body), ID: "id"})
	require.NoError(t, err)
	text := answer.AppendBody(nil)
	require.Equal(t, 200, answer.Status, "%s", text)
	if route == refserver.RouteRenderCompletion {
		var list []generate
		require.NoError(t, json.Unmarshal(text, &list))
		require.Len(t, list, 1)
		return list[0]
	}
	require.NoError(t, json.Unmarshal(text, &g))
	return g
}

func TestLLMD_RenderCompletion(t *testing.T) {
	c := llmd(t)
	for _, name := range []string{"tekken", "spm"} {
		for i, text := range texts {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				if text == "" {
					return
				}
				got, err := c.RenderCompletion(t.Context(), &tokenization.RenderCompletionRequest{ModelName: name, Prompt: text})
				require.NoError(t, err, "%q", text)
				body, err := json.Marshal(map[string]string{"model": name, "prompt": text})
				require.NoError(t, err)
				answer := httpAnswer(t, refserver.RouteRenderCompletion, string(body))
				assert.Equal(t, answer.TokenIDs, signed(got.GetTokenIds()))
				assert.True(t, strings.HasPrefix(got.GetRequestId(), "cmpl-"), got.GetRequestId())
				assert.True(t, got.GetSuccess())
				want, err := model(t, name).Tokenizer().EncodeText(t.Context(), text, true, false)
				require.NoError(t, err)
				assert.Equal(t, want, signed(got.GetTokenIds()))
			})
		}
	}
}

func TestLLMD_RenderChatTemplate(t *testing.T) {
	c := llmd(t)
	got, err := c.RenderChatTemplate(t.Context(), &tokenization.ChatTemplateRequest{ModelName: "tekken", ConversationTurns: []*tokenization.ConversationTurn{
		{Messages: []*tokenization.ChatMessage{{Role: "user", Content: ptr("2+2?")}, {Role: "assistant", Content: ptr("4")}}},
		{Messages: []*tokenization.ChatMessage{{Role: "user", ContentParts: []*tokenization.ContentPart{{Type: "text", Text: ptr("3+3?")}}}}},
	}})
	require.NoError(t, err)
	assert.Equal(t, "<s>[INST]2+2?[/INST]4</s>[INST]3+3?[/INST]", got.GetRenderedPrompt())
	assert.True(t, got.GetSuccess())
	_, err = c.RenderChatTemplate(t.Context(), &tokenization.ChatTemplateRequest{ModelName: "tekken"})
	s, _ := failed(t, err, codes.Internal, "REFERENCE_REJECTED")
	assert.True(t, strings.HasPrefix(s.Message(), "Failed to apply chat template: "), s.Message())
}

// llm-d's server answers INTERNAL to whatever it cannot do; the apt code is in the details.
func TestLLMD_errors(t *testing.T) {
	c := llmd(t)
	for i, k := range []struct {
		req    *tokenization.RenderChatCompletionRequest
		reason string
		code   codes.Code
		text   string
	}{
		{&tokenization.RenderChatCompletionRequest{ModelName: "gone"}, "MODEL_NOT_FOUND", codes.NotFound, "Render failed: The model `gone` does not exist."},
		{&tokenization.RenderChatCompletionRequest{}, "INVALID_REQUEST", codes.InvalidArgument, "Render failed: model_name is empty"},
		{&tokenization.RenderChatCompletionRequest{ModelName: "spm", ToolsJson: ptr("[")}, "INVALID_REQUEST", codes.InvalidArgument, "Render failed: tools_json is not JSON"},
		{&tokenization.RenderChatCompletionRequest{ModelName: "spm", ToolsJson: ptr(`[]},"messages":[{}`)}, "INVALID_REQUEST", codes.InvalidArgument, "tools_json is not JSON: '}' where the end was expected at byte 2"},
		{&tokenization.RenderChatCompletionRequest{ModelName: "spm", Messages: []*tokenization.ChatMessage{{Role: "user"}, {Role: "assistant", ToolCallsJson: ptr(`[]],"x":[`)}}},
			"INVALID_REQUEST", codes.InvalidArgument, "messages[1].tool_calls_json is not JSON: ']' where the end was expected at byte 2"},
		{&tokenization.RenderChatCompletionRequest{ModelName: "spm", Messages: []*tokenization.ChatMessage{{Role: "user", Content: ptr("x")}}, ContinueFinalMessage: true},
			"REFERENCE_REJECTED", codes.InvalidArgument, "`continue_final_message` and `add_generation_prompt` cannot both be true"},
		{&tokenization.RenderChatCompletionRequest{ModelName: "tekken"}, "REFERENCE_REJECTED", codes.InvalidArgument, "Render failed: "},
		// A result of a tool cannot be expressed: the contract's message has no tool_call_id.
		{&tokenization.RenderChatCompletionRequest{ModelName: "tekken", Messages: []*tokenization.ChatMessage{
			{Role: "user", Content: ptr("x")}, {Role: "assistant", ToolCallsJson: ptr(calls)}, {Role: "tool", Content: ptr("y")},
		}}, "REFERENCE_REJECTED", codes.InvalidArgument, "tool_call_id"},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			_, err := c.RenderChatCompletion(t.Context(), k.req)
			s, info := failed(t, err, codes.Internal, k.reason)
			assert.Equal(t, k.code.String(), info.GetMetadata()["code"])
			assert.Contains(t, s.Message(), k.text)
		})
	}
	_, err := c.Tokenize(t.Context(), &tokenization.TokenizeRequest{ModelName: "gone", Input: "x"})
	failed(t, err, codes.Internal, "MODEL_NOT_FOUND")
	_, err = c.RenderCompletion(t.Context(), &tokenization.RenderCompletionRequest{ModelName: "gone", Prompt: "x"})
	failed(t, err, codes.Internal, "MODEL_NOT_FOUND")
}
