package bridge_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func withMessages(m ...bridge.Message) *bridge.ChatCompletionRequest {
	return &bridge.ChatCompletionRequest{Messages: m}
}

func withTools(tools ...bridge.Tool) *bridge.ChatCompletionRequest {
	return &bridge.ChatCompletionRequest{Tools: tools}
}

var (
	text  = bridge.Text
	calls = []bridge.ToolCall{
		{ID: ptr("a"), Function: bridge.FunctionCall{Name: "f", Arguments: []byte(`{"z": 1.0,"a":1}`)}},
		{Function: bridge.FunctionCall{Name: "g", Arguments: bridge.ArgumentsString(`{"q":"\n"}`)}},
		{ID: ptr(""), Function: bridge.FunctionCall{}},
	}
)

// Each type in each of its forms, to the byte.
var jsonTable = []struct {
	name string
	req  *bridge.ChatCompletionRequest
	want string
}{
	{"empty", &bridge.ChatCompletionRequest{}, `{"messages":[]}`},
	{"system", withMessages(bridge.SystemMessage{Content: text("s")}), `{"messages":[{"role":"system","content":"s"}]}`},
	{"user", withMessages(bridge.UserMessage{Content: text("u")}), `{"messages":[{"role":"user","content":"u"}]}`},
	{"by pointer", withMessages(&bridge.UserMessage{Content: text("u")}), `{"messages":[{"role":"user","content":"u"}]}`},
	{"content absent", withMessages(bridge.UserMessage{}), `{"messages":[{"role":"user"}]}`},
	{"content null", withMessages(bridge.UserMessage{Content: bridge.Null()}), `{"messages":[{"role":"user","content":null}]}`},
	{"content empty", withMessages(bridge.UserMessage{Content: text("")}), `{"messages":[{"role":"user","content":""}]}`},
	{"no chunks", withMessages(bridge.UserMessage{Content: bridge.Chunks()}), `{"messages":[{"role":"user","content":[]}]}`},
	{"chunks", withMessages(bridge.UserMessage{Content: bridge.Chunks(
		bridge.TextChunk{Text: "a"}, bridge.ThinkChunk{Thinking: "b"}, bridge.ThinkChunk{Thinking: "c", Closed: ptr(false)},
		bridge.ImageURLChunk{URL: "d"}, bridge.ImageURLChunk{URL: "e", Detail: ptr("low")}, bridge.RawChunk(`{"type": "x",  "n":1.50}`),
	)}), `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"thinking","thinking":"b"},` +
		`{"type":"thinking","thinking":"c","closed":false},{"type":"image_url","image_url":"d"},` +
		`{"type":"image_url","image_url":{"url":"e","detail":"low"}},{"type": "x",  "n":1.50}]}]}`},
	{"assistant", withMessages(bridge.AssistantMessage{Content: text("a"), Prefix: true, Weight: ptr(0.5)}),
		`{"messages":[{"role":"assistant","content":"a","prefix":true,"weight":0.5}]}`},
	{"assistant without calls", withMessages(bridge.AssistantMessage{ToolCalls: []bridge.ToolCall{}}),
		`{"messages":[{"role":"assistant","tool_calls":[]}]}`},
	{"assistant with calls", withMessages(bridge.AssistantMessage{ToolCalls: calls}),
		`{"messages":[{"role":"assistant","tool_calls":[` +
			`{"id":"a","type":"function","function":{"name":"f","arguments":{"z": 1.0,"a":1}}},` +
			`{"type":"function","function":{"name":"g","arguments":"{\"q\":\"\\n\"}"}},` +
			`{"id":"","type":"function","function":{"name":""}}]}]}`},
	{"tool", withMessages(bridge.ToolMessage{Content: text("t"), ToolCallID: ptr("i"), Name: ptr("n")}, bridge.ToolMessage{Content: text("t")}),
		`{"messages":[{"role":"tool","content":"t","tool_call_id":"i","name":"n"},{"role":"tool","content":"t"}]}`},
	{"raw message", withMessages(bridge.RawMessage(` {"role":"user", "content":"\ud800"}`)),
		`{"messages":[ {"role":"user", "content":"\ud800"}]}`},
	{"tools absent", withTools(), `{"messages":[]}`},
	{"tools empty", &bridge.ChatCompletionRequest{Tools: []bridge.Tool{}}, `{"messages":[],"tools":[]}`},
	{"tools", withTools(
		bridge.Tool{Function: bridge.Function{Name: "f"}},
		bridge.Tool{Function: bridge.Function{Name: "g", Description: ptr(""), Parameters: []byte("{\"z\":1e400,\n\"a\":NaN}"), Strict: ptr(true)}},
	), `{"messages":[],"tools":[{"type":"function","function":{"name":"f"}},` +
		"{\"type\":\"function\",\"function\":{\"name\":\"g\",\"description\":\"\",\"parameters\":{\"z\":1e400,\n\"a\":NaN},\"strict\":true}}]}"},
	{"everything", &bridge.ChatCompletionRequest{
		Model: ptr("m"), ToolChoice: bridge.ToolChoiceAny, ResponseFormat: bridge.TextFormat, ParallelToolCalls: ptr(false),
		TruncateForContextLength: true, ReasoningEffort: ptr(bridge.ReasoningHigh), Temperature: ptr(0.0), TopP: ptr(1.0),
		MaxTokens: ptr(int64(math.MaxInt64)), RandomSeed: ptr(int64(0)), ContinueFinalMessage: ptr(false),
	}, `{"model":"m","messages":[],"tool_choice":"any","response_format":{"type":"text"},"parallel_tool_calls":false,` +
		`"truncate_for_context_length":true,"reasoning_effort":"high","temperature":0,"top_p":1,` +
		`"max_tokens":9223372036854775807,"random_seed":0,"continue_final_message":false}`},
	{"named choice and schema", &bridge.ChatCompletionRequest{
		ToolChoice:     bridge.NamedToolChoice{Name: "f"},
		ResponseFormat: bridge.JSONSchemaFormat{Name: "n", Description: ptr(""), Schema: []byte(`{"z":1.0,"a":1}`), Strict: ptr(true)},
	}, `{"messages":[],"tool_choice":{"type":"function","function":{"name":"f"}},` +
		`"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"","schema":{"z":1.0,"a":1},"strict":true}}}`},
	{"raw choice and format", &bridge.ChatCompletionRequest{ToolChoice: bridge.RawToolChoice(`null`), ResponseFormat: bridge.RawResponseFormat(`{"a": 1.50}`)},
		`{"messages":[],"tool_choice":null,"response_format":{"a": 1.50}}`},
	{"media", withMessages(bridge.UserMessage{Content: bridge.Chunks(
		bridge.ImageChunk{Image: "a"}, bridge.AudioChunk{InputAudio: "b"}, bridge.AudioURLChunk{URL: "c"},
	)}), `{"messages":[{"role":"user","content":[{"type":"image","image":"a"},{"type":"input_audio","input_audio":"b"},{"type":"audio_url","audio_url":"c"}]}]}`},
	{"floats", &bridge.ChatCompletionRequest{Temperature: ptr(0.1), TopP: ptr(1e-7)}, `{"messages":[],"temperature":0.1,"top_p":1e-07}`},
	{"large float", &bridge.ChatCompletionRequest{Temperature: ptr(math.MaxFloat64)}, `{"messages":[],"temperature":1.7976931348623157e+308}`},
	{"no floats", &bridge.ChatCompletionRequest{Temperature: ptr(math.NaN()), TopP: ptr(math.Inf(-1))}, `{"messages":[],"temperature":NaN,"top_p":-Infinity}`},
	{"escapes", &bridge.ChatCompletionRequest{Model: ptr("\"\\/\b\f\n\r\t\x00\x1f\x7f\u2028<&>é👍\U0010ffff")},
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

const bad = "a\xc3(b" // a byte of a pair alone

func TestInvalidUTF8IsRefusedEverywhere(t *testing.T) {
	tok := shipped(t, "v3")
	before := shared.Stats().Submitted
	in := func(m ...bridge.Message) *bridge.ChatCompletionRequest { return withMessages(m...) }
	chunk := func(c bridge.Chunk) *bridge.ChatCompletionRequest {
		return in(bridge.UserMessage{Content: bridge.Chunks(c)})
	}
	for name, req := range map[string]*bridge.ChatCompletionRequest{
		"model":            {Model: ptr(bad)},
		"reasoning effort": {ReasoningEffort: ptr(bridge.ReasoningEffort(bad))},
		"tool choice":      {ToolChoice: bridge.ToolChoiceEnum(bad)},
		"named choice":     {ToolChoice: bridge.NamedToolChoice{Name: bad}},
		"raw choice":       {ToolChoice: bridge.RawToolChoice(`"` + bad + `"`)},
		"response format":  {ResponseFormat: bridge.ResponseFormats(bad)},
		"schema name":      {ResponseFormat: bridge.JSONSchemaFormat{Name: bad}},
		"schema":           {ResponseFormat: bridge.JSONSchemaFormat{Schema: []byte(`"` + bad + `"`)}},
		"raw format":       {ResponseFormat: bridge.RawResponseFormat(`"` + bad + `"`)},
		"system":           in(bridge.SystemMessage{Content: text(bad)}),
		"user":             in(bridge.UserMessage{Content: text(bad)}),
		"assistant":        in(bridge.AssistantMessage{Content: text(bad)}),
		"tool":             in(bridge.ToolMessage{Content: text(bad)}),
		"tool call id":     in(bridge.ToolMessage{ToolCallID: ptr(bad)}),
		"tool name":        in(bridge.ToolMessage{Name: ptr(bad)}),
		"raw message":      in(bridge.RawMessage(`"` + bad + `"`)),
		"call id":          in(bridge.AssistantMessage{ToolCalls: []bridge.ToolCall{{ID: ptr(bad)}}}),
		"call name":        in(bridge.AssistantMessage{ToolCalls: []bridge.ToolCall{{Function: bridge.FunctionCall{Name: bad}}}}),
		"arguments":        in(bridge.AssistantMessage{ToolCalls: []bridge.ToolCall{{Function: bridge.FunctionCall{Arguments: bridge.ArgumentsString(bad)}}}}),
		"text chunk":       chunk(bridge.TextChunk{Text: bad}),
		"think chunk":      chunk(bridge.ThinkChunk{Thinking: bad}),
		"image":            chunk(bridge.ImageChunk{Image: bad}),
		"audio":            chunk(bridge.AudioChunk{InputAudio: bad}),
		"audio url":        chunk(bridge.AudioURLChunk{URL: bad}),
		"image url":        chunk(bridge.ImageURLChunk{URL: bad}),
		"image url detail": chunk(bridge.ImageURLChunk{URL: bad, Detail: ptr("low")}),
		"detail":           chunk(bridge.ImageURLChunk{Detail: ptr(bad)}),
		"raw chunk":        chunk(bridge.RawChunk(`"` + bad + `"`)),
		"function name":    withTools(bridge.Tool{Function: bridge.Function{Name: bad}}),
		"description":      withTools(bridge.Tool{Function: bridge.Function{Description: ptr(bad)}}),
		"parameters":       withTools(bridge.Tool{Function: bridge.Function{Parameters: []byte(`"` + bad + `"`)}}),
	} {
		_, err := req.AppendJSON(nil)
		assert.ErrorIs(t, err, bridge.ErrInvalidUTF8, name)
		_, err = tok.EncodeChat(t.Context(), req)
		assert.ErrorIs(t, err, bridge.ErrInvalidUTF8, name)
	}
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"chat json":      func() error { _, err := tok.EncodeChatJSON(ctx, []byte(bad)); return err },
		"chat json 2":    func() error { _, err := tok.EncodeChatJSONAsync(ctx, []byte(bad)).Await(ctx); return err },
		"count":          func() error { _, err := tok.Count(ctx, user(bad)); return err },
		"count json":     func() error { _, err := tok.CountJSON(ctx, []byte(bad)); return err },
		"text":           func() error { _, err := tok.EncodeText(ctx, bad, false, false); return err },
		"count text":     func() error { _, err := tok.CountText(ctx, bad, false, false); return err },
		"decode json":    func() error { _, err := tok.DecodeJSON(ctx, []byte(bad)); return err },
		"raw method":     func() error { _, err := tok.Raw(ctx, bad, nil, nil); return err },
		"raw args":       func() error { _, err := tok.Raw(ctx, "encode", []byte(bad), nil); return err },
		"raw keywords":   func() error { _, err := tok.Raw(ctx, "encode", nil, []byte(bad)); return err },
		"reference":      func() error { _, err := tok.ReferenceChat(ctx, []byte(bad), 1); return err },
		"load name":      func() error { _, err := shared.Load(ctx, bridge.Shipped(bad)); return err },
		"load mode":      func() error { _, err := shared.Load(ctx, bridge.Shipped("v3"), bridge.WithMode(bad)); return err },
		"load raw":       func() error { _, err := shared.LoadRaw(ctx, bad); return err },
		"load raw async": func() error { _, err := shared.LoadRawAsync(ctx, bad).Await(ctx); return err },
	} {
		assert.ErrorIs(t, call(), bridge.ErrInvalidUTF8, name)
	}
	assert.Equal(t, before, shared.Stats().Submitted, "nothing was called")
}

func TestForgottenParts(t *testing.T) {
	for want, req := range map[string]*bridge.ChatCompletionRequest{
		"message 1 is nil":           withMessages(bridge.UserMessage{}, nil),
		"message 0 is nil":           withMessages((*bridge.UserMessage)(nil)),
		"chunk 0 is nil":             withMessages(bridge.UserMessage{Content: bridge.Chunks(nil)}),
		"chunk 1 is nil":             withMessages(bridge.UserMessage{Content: bridge.Chunks(bridge.TextChunk{}, (*bridge.TextChunk)(nil))}),
		"empty JSON as message":      withMessages(bridge.RawMessage(nil)),
		"empty JSON as chunk":        withMessages(bridge.UserMessage{Content: bridge.Chunks(bridge.RawChunk{})}),
		"empty JSON as tool_choice":  {ToolChoice: bridge.RawToolChoice{}},
		"empty JSON as tool param":   withTools(bridge.Tool{Function: bridge.Function{Parameters: json.RawMessage{}}}),
		"empty JSON as tool call ar": withMessages(bridge.AssistantMessage{ToolCalls: []bridge.ToolCall{{Function: bridge.FunctionCall{Arguments: json.RawMessage{}}}}}),
	} {
		_, err := req.AppendJSON(nil)
		assert.ErrorContains(t, err, want)
		_, err = shipped(t, "v3").EncodeChat(t.Context(), req)
		assert.ErrorContains(t, err, want)
	}
	_, err := shipped(t, "v3").EncodeChat(t.Context(), nil)
	assert.ErrorContains(t, err, "nil request")
}

// Whatever the strings, encoding/json reads back what was written.
func TestAppendJSONReadsBack(t *testing.T) {
	str := rapid.Custom(func(t *rapid.T) string {
		return strings.ToValidUTF8(rapid.OneOf(
			rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("\x00\x07\"\\/\n\u2028é👍\ufffd"))),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		).Draw(t, "s"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		s, name, chunk := str.Draw(t, "content"), str.Draw(t, "name"), str.Draw(t, "chunk")
		f := rapid.Float64().Draw(t, "temperature")
		req := withMessages(bridge.UserMessage{Content: bridge.Text(s)},
			bridge.UserMessage{Content: bridge.Chunks(bridge.TextChunk{Text: chunk})},
			bridge.AssistantMessage{ToolCalls: []bridge.ToolCall{{Function: bridge.FunctionCall{Name: name, Arguments: bridge.ArgumentsString(s)}}}})
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
