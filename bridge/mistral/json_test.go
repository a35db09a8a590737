package mistral_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

func withMessages(m ...mistral.Message) *mistral.ChatCompletionRequest {
	return &mistral.ChatCompletionRequest{Messages: m}
}

func withTools(tools ...mistral.Tool) *mistral.ChatCompletionRequest {
	return &mistral.ChatCompletionRequest{Tools: tools}
}

var (
	text  = mistral.Text
	calls = []mistral.ToolCall{
		{ID: ptr("a"), Function: mistral.FunctionCall{Name: "f", Arguments: []byte(`{"z": 1.0,"a":1}`)}},
		{Function: mistral.FunctionCall{Name: "g", Arguments: mistral.ArgumentsString(`{"q":"\n"}`)}},
		{ID: ptr(""), Function: mistral.FunctionCall{}},
	}
)

// Each type in each of its forms, to the byte.
var jsonTable = []struct {
	name string
	req  *mistral.ChatCompletionRequest
	want string
}{
	{"empty", &mistral.ChatCompletionRequest{}, `{"messages":[]}`},
	{"system", withMessages(mistral.SystemMessage{Content: text("s")}), `{"messages":[{"role":"system","content":"s"}]}`},
	{"user", withMessages(mistral.UserMessage{Content: text("u")}), `{"messages":[{"role":"user","content":"u"}]}`},
	{"by pointer", withMessages(&mistral.UserMessage{Content: text("u")}), `{"messages":[{"role":"user","content":"u"}]}`},
	{"content absent", withMessages(mistral.UserMessage{}), `{"messages":[{"role":"user"}]}`},
	{"content null", withMessages(mistral.UserMessage{Content: mistral.Null()}), `{"messages":[{"role":"user","content":null}]}`},
	{"content empty", withMessages(mistral.UserMessage{Content: text("")}), `{"messages":[{"role":"user","content":""}]}`},
	{"no chunks", withMessages(mistral.UserMessage{Content: mistral.Chunks()}), `{"messages":[{"role":"user","content":[]}]}`},
	{"chunks", withMessages(mistral.UserMessage{Content: mistral.Chunks(
		mistral.TextChunk{Text: "a"}, mistral.ThinkChunk{Thinking: "b"}, mistral.ThinkChunk{Thinking: "c", Closed: ptr(false)},
		mistral.ImageURLChunk{URL: "d"}, mistral.ImageURLChunk{URL: "e", Detail: ptr("low")}, mistral.RawChunk(`{"type": "x",  "n":1.50}`),
	)}), `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"thinking","thinking":"b"},` +
		`{"type":"thinking","thinking":"c","closed":false},{"type":"image_url","image_url":"d"},` +
		`{"type":"image_url","image_url":{"url":"e","detail":"low"}},{"type": "x",  "n":1.50}]}]}`},
	{"assistant", withMessages(mistral.AssistantMessage{Content: text("a"), Prefix: true, Weight: ptr(0.5)}),
		`{"messages":[{"role":"assistant","content":"a","prefix":true,"weight":0.5}]}`},
	{"assistant without calls", withMessages(mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{}}),
		`{"messages":[{"role":"assistant","tool_calls":[]}]}`},
	{"assistant with calls", withMessages(mistral.AssistantMessage{ToolCalls: calls}),
		`{"messages":[{"role":"assistant","tool_calls":[` +
			`{"id":"a","type":"function","function":{"name":"f","arguments":{"z": 1.0,"a":1}}},` +
			`{"type":"function","function":{"name":"g","arguments":"{\"q\":\"\\n\"}"}},` +
			`{"id":"","type":"function","function":{"name":""}}]}]}`},
	{"tool", withMessages(mistral.ToolMessage{Content: text("t"), ToolCallID: ptr("i"), Name: ptr("n")}, mistral.ToolMessage{Content: text("t")}),
		`{"messages":[{"role":"tool","content":"t","tool_call_id":"i","name":"n"},{"role":"tool","content":"t"}]}`},
	{"raw message", withMessages(mistral.RawMessage(` {"role":"user", "content":"\ud800"}`)),
		`{"messages":[ {"role":"user", "content":"\ud800"}]}`},
	{"tools absent", withTools(), `{"messages":[]}`},
	{"tools empty", &mistral.ChatCompletionRequest{Tools: []mistral.Tool{}}, `{"messages":[],"tools":[]}`},
	{"tools", withTools(
		mistral.Tool{Function: mistral.Function{Name: "f"}},
		mistral.Tool{Function: mistral.Function{Name: "g", Description: ptr(""), Parameters: []byte("{\"z\":1e400,\n\"a\":NaN}"), Strict: ptr(true)}},
	), `{"messages":[],"tools":[{"type":"function","function":{"name":"f"}},` +
		"{\"type\":\"function\",\"function\":{\"name\":\"g\",\"description\":\"\",\"parameters\":{\"z\":1e400,\n\"a\":NaN},\"strict\":true}}]}"},
	{"everything", &mistral.ChatCompletionRequest{
		Model: ptr("m"), ToolChoice: mistral.ToolChoiceAny, ResponseFormat: mistral.TextFormat, ParallelToolCalls: ptr(false),
		TruncateForContextLength: true, ReasoningEffort: ptr(mistral.ReasoningHigh), Temperature: ptr(0.0), TopP: ptr(1.0),
		MaxTokens: ptr(int64(math.MaxInt64)), RandomSeed: ptr(int64(0)), ContinueFinalMessage: ptr(false),
	}, `{"model":"m","messages":[],"tool_choice":"any","response_format":{"type":"text"},"parallel_tool_calls":false,` +
		`"truncate_for_context_length":true,"reasoning_effort":"high","temperature":0,"top_p":1,` +
		`"max_tokens":9223372036854775807,"random_seed":0,"continue_final_message":false}`},
	{"named choice and schema", &mistral.ChatCompletionRequest{
		ToolChoice:     mistral.NamedToolChoice{Name: "f"},
		ResponseFormat: mistral.JSONSchemaFormat{Name: "n", Description: ptr(""), Schema: []byte(`{"z":1.0,"a":1}`), Strict: ptr(true)},
	}, `{"messages":[],"tool_choice":{"type":"function","function":{"name":"f"}},` +
		`"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"","schema":{"z":1.0,"a":1},"strict":true}}}`},
	{"raw choice and format", &mistral.ChatCompletionRequest{ToolChoice: mistral.RawToolChoice(`null`), ResponseFormat: mistral.RawResponseFormat(`{"a": 1.50}`)},
		`{"messages":[],"tool_choice":null,"response_format":{"a": 1.50}}`},
	{"media", withMessages(mistral.UserMessage{Content: mistral.Chunks(
		mistral.ImageChunk{Image: "a"}, mistral.AudioChunk{InputAudio: "b"}, mistral.AudioURLChunk{URL: "c"},
	)}), `{"messages":[{"role":"user","content":[{"type":"image","image":"a"},{"type":"input_audio","input_audio":"b"},{"type":"audio_url","audio_url":"c"}]}]}`},
	{"floats", &mistral.ChatCompletionRequest{Temperature: ptr(0.1), TopP: ptr(1e-7)}, `{"messages":[],"temperature":0.1,"top_p":1e-07}`},
	{"large float", &mistral.ChatCompletionRequest{Temperature: ptr(math.MaxFloat64)}, `{"messages":[],"temperature":1.7976931348623157e+308}`},
	{"no floats", &mistral.ChatCompletionRequest{Temperature: ptr(math.NaN()), TopP: ptr(math.Inf(-1))}, `{"messages":[],"temperature":NaN,"top_p":-Infinity}`},
	{"escapes", &mistral.ChatCompletionRequest{Model: ptr("\"\\/\b\f\n\r\t\x00\x1f\x7f\u2028<&>é👍\U0010ffff")},
		`{"model":"\"\\/\u0008\u000c\n\r\t\u0000\u001f` + "\x7f\u2028" + `<&>é👍` + "\U0010ffff" + `","messages":[]}`},
}

func TestAppendJSON(t *testing.T) {
	for _, c := range jsonTable {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.req.AppendJSON([]byte("before "))
			require.NoError(t, err)
			assert.Equal(t, "before "+c.want, string(got))
		})
	}
}

func TestAppendJSON_nilParts(t *testing.T) {
	for want, req := range map[string]*mistral.ChatCompletionRequest{
		"message 1 is nil":           withMessages(mistral.UserMessage{}, nil),
		"message 0 is nil":           withMessages((*mistral.UserMessage)(nil)),
		"chunk 0 is nil":             withMessages(mistral.UserMessage{Content: mistral.Chunks(nil)}),
		"chunk 1 is nil":             withMessages(mistral.UserMessage{Content: mistral.Chunks(mistral.TextChunk{}, (*mistral.TextChunk)(nil))}),
		"empty JSON as message":      withMessages(mistral.RawMessage(nil)),
		"empty JSON as chunk":        withMessages(mistral.UserMessage{Content: mistral.Chunks(mistral.RawChunk{})}),
		"empty JSON as tool_choice":  {ToolChoice: mistral.RawToolChoice{}},
		"empty JSON as tool param":   withTools(mistral.Tool{Function: mistral.Function{Parameters: json.RawMessage{}}}),
		"empty JSON as tool call ar": withMessages(mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{{Function: mistral.FunctionCall{Arguments: json.RawMessage{}}}}}),
	} {
		t.Run(want, func(t *testing.T) {
			_, err := req.AppendJSON(nil)
			assert.ErrorContains(t, err, want)
		})
	}
}

// Whatever the strings, encoding/json reads back what was written.
func TestAppendJSON_readBack(t *testing.T) {
	str := rapid.Custom(func(t *rapid.T) string {
		return strings.ToValidUTF8(rapid.OneOf(
			rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("\x00\x07\"\\/\n\u2028é👍\ufffd"))),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		).Draw(t, "s"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		s, name, chunk := str.Draw(t, "content"), str.Draw(t, "name"), str.Draw(t, "chunk")
		f := rapid.Float64().Draw(t, "temperature")
		req := withMessages(mistral.UserMessage{Content: mistral.Text(s)},
			mistral.UserMessage{Content: mistral.Chunks(mistral.TextChunk{Text: chunk})},
			mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{{Function: mistral.FunctionCall{Name: name, Arguments: mistral.ArgumentsString(s)}}}})
		req.Temperature = &f
		raw, err := req.AppendJSON(nil)
		require.NoError(t, err)
		require.True(t, utf8.Valid(raw))
		var back struct {
			Temperature float64
			Messages    []struct {
				Content   json.RawMessage
				ToolCalls []struct {
					Function struct{ Name, Arguments string }
				} `json:"tool_calls"`
			}
		}
		require.NoError(t, json.Unmarshal(raw, &back))
		require.Equal(t, f, back.Temperature)
		var got string
		require.NoError(t, json.Unmarshal(back.Messages[0].Content, &got))
		require.Equal(t, s, got)
		var chunks []struct{ Type, Text string }
		require.NoError(t, json.Unmarshal(back.Messages[1].Content, &chunks))
		require.Equal(t, chunk, chunks[0].Text)
		require.Equal(t, name, back.Messages[2].ToolCalls[0].Function.Name)
		require.Equal(t, s, back.Messages[2].ToolCalls[0].Function.Arguments)
	})
}
