package mistral_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// marshalled are all types that stand for what the reference has, by value.
var marshalled = []any{
	mistral.ChatCompletionRequest{}, mistral.InstructRequest{}, mistral.FIMRequest{}, mistral.TranscriptionRequest{}, mistral.SpeechRequest{},
	mistral.SystemMessage{}, mistral.UserMessage{}, mistral.AssistantMessage{}, mistral.ToolMessage{}, mistral.RawMessage(`{"role":"developer"}`),
	mistral.TextChunk{}, mistral.ThinkChunk{}, mistral.ImageChunk{}, mistral.ImageURLChunk{}, mistral.AudioChunk{}, mistral.AudioURLChunk{}, mistral.RawChunk(`{"type":"x"}`),
	mistral.Tool{}, mistral.Function{}, mistral.ToolCall{}, mistral.FunctionCall{}, mistral.NamedToolChoice{}, mistral.RawToolChoice(`1`),
	mistral.TextFormat, mistral.JSONSchemaFormat{}, mistral.RawResponseFormat(`1`), mistral.ModelSettings{}, mistral.Content{}, mistral.AudioData{},
}

// TestMarshalJSON_everyType finds types that were forgotten: of each it wants all
// four methods, those that only read on the value.
func TestMarshalJSON_everyType(t *testing.T) {
	for _, list := range members {
		for _, v := range list {
			typ := reflect.TypeOf(v)
			if typ.Kind() == reflect.Pointer {
				typ = typ.Elem()
			}
			if typ == reflect.TypeFor[mistral.ToolChoiceEnum]() {
				continue // a string in JSON as in Go
			}
			assert.True(t, containsType(typ), "%v is not in the list", typ)
		}
	}
	for _, v := range marshalled {
		typ := reflect.TypeOf(v)
		assert.True(t, typ.Implements(reflect.TypeFor[json.Marshaler]()), "%v marshals", typ)
		assert.True(t, reflect.PointerTo(typ).Implements(reflect.TypeFor[json.Unmarshaler]()), "%v unmarshals", typ)
		if typ != reflect.TypeOf(mistral.TextFormat) { // a fixed word
			assert.True(t, typ.Implements(reflect.TypeFor[fmt.Stringer]()), "%v is said", typ)
			assert.True(t, typ.Implements(reflect.TypeFor[slog.LogValuer]()), "%v is logged", typ)
		}
	}
}

func containsType(typ reflect.Type) bool {
	for _, v := range marshalled {
		if reflect.TypeOf(v) == typ {
			return true
		}
	}
	return false
}

func TestMarshalJSON_reference(t *testing.T) {
	call := mistral.ToolCall{ID: ptr("i"), Function: mistral.FunctionCall{Name: "f", Arguments: json.RawMessage(`{"a":1.0}`)}}
	tool := mistral.Tool{Function: mistral.Function{Name: "f", Parameters: json.RawMessage(`{"b":1,"a":2}`)}}
	toolJSON := `{"type":"function","function":{"name":"f","parameters":{"b":1,"a":2}}}`
	callJSON := `{"id":"i","type":"function","function":{"name":"f","arguments":{"a":1.0}}}`
	for _, c := range []struct {
		value any
		want  string
	}{
		{*user("Hi"), `{"messages":[{"role":"user","content":"Hi"}]}`},
		{mistral.ChatCompletionRequest{Tools: []mistral.Tool{tool}, ToolChoice: mistral.ToolChoiceAny, ResponseFormat: mistral.JSONObjectFormat},
			`{"messages":[],"tools":[` + toolJSON + `],"tool_choice":"any","response_format":{"type":"json_object"}}`},
		{mistral.InstructRequest{SystemPrompt: ptr("s"), Settings: &mistral.ModelSettings{ReasoningEffort: ptr(mistral.ReasoningHigh)}},
			`{"messages":[],"system_prompt":"s","settings":{"reasoning_effort":"high"}}`},
		{mistral.FIMRequest{Prompt: "p"}, `{"prompt":"p"}`}, {mistral.TranscriptionRequest{Audio: mistral.AudioBytes([]byte("a"))}, `{"audio":{"__bytes__":"YQ=="}}`},
		{mistral.SpeechRequest{Input: "i"}, `{"input":"i"}`},
		{mistral.SystemMessage{Content: text("a")}, `{"role":"system","content":"a"}`}, {mistral.UserMessage{Content: text("a")}, `{"role":"user","content":"a"}`},
		{mistral.AssistantMessage{ToolCalls: []mistral.ToolCall{call}}, `{"role":"assistant","tool_calls":[` + callJSON + `]}`},
		{mistral.ToolMessage{Content: mistral.Null(), Name: ptr("n")}, `{"role":"tool","content":null,"name":"n"}`},
		{mistral.RawMessage(`{"role":"x"}`), `{"role":"x"}`}, {mistral.RawChunk(`{"type":"x"}`), `{"type":"x"}`},
		{mistral.TextChunk{Text: "a"}, `{"type":"text","text":"a"}`}, {mistral.ThinkChunk{Thinking: "a"}, `{"type":"thinking","thinking":"a"}`},
		{mistral.ImageChunk{Image: "a"}, `{"type":"image","image":"a"}`}, {mistral.ImageURLChunk{URL: "a"}, `{"type":"image_url","image_url":"a"}`},
		{mistral.AudioChunk{InputAudio: "a"}, `{"type":"input_audio","input_audio":"a"}`}, {mistral.AudioURLChunk{URL: "a"}, `{"type":"audio_url","audio_url":"a"}`},
		{tool, toolJSON}, {tool.Function, `{"name":"f","parameters":{"b":1,"a":2}}`}, {call, callJSON}, {call.Function, `{"name":"f","arguments":{"a":1.0}}`},
		{mistral.ToolChoiceAuto, `"auto"`}, {mistral.NamedToolChoice{Name: "f"}, `{"type":"function","function":{"name":"f"}}`}, {mistral.RawToolChoice(`{"x":1}`), `{"x":1}`},
		{mistral.TextFormat, `{"type":"text"}`}, {mistral.RawResponseFormat(`{"x":1}`), `{"x":1}`},
		{mistral.JSONSchemaFormat{Name: "n", Schema: json.RawMessage(`{}`)}, `{"type":"json_schema","json_schema":{"name":"n","schema":{}}}`},
		{text("a"), `"a"`}, {mistral.Content{}, `null`}, {mistral.Null(), `null`}, {mistral.Chunks(mistral.TextChunk{}), `[{"type":"text","text":""}]`},
		{mistral.AudioBase64("a"), `"a"`}, {mistral.AudioData{}, `null`}, {mistral.RawAudio([]byte(`{"data":"a"}`)), `{"data":"a"}`},
		{[]mistral.Message{mistral.UserMessage{Content: text("a")}, &mistral.RawMessage{'1'}}, `[{"role":"user","content":"a"},1]`},
		{struct {
			A mistral.Content `json:",omitzero"`
			B *mistral.Tool
		}{}, `{"B":null}`},
	} {
		got, err := json.Marshal(c.value)
		require.NoError(t, err, c.want)
		assert.Equal(t, c.want, string(got), "%T", c.value)
	}
	_, err := json.Marshal(mistral.Tool{Function: mistral.Function{Parameters: json.RawMessage(`{}}`)}})
	require.ErrorContains(t, err, "parameters: '}' where the end was expected at byte 2")
	_, err = json.Marshal(mistral.RawMessage(nil))
	require.ErrorContains(t, err, "empty JSON as message")
}

// Whatever a value holds, it comes back: marshalled, unmarshalled and marshalled again it
// is the same to the byte, and an unknown key is an error.
func TestMarshalJSON_roundTrip(t *testing.T) {
	for _, zero := range marshalled {
		typ := reflect.TypeOf(zero)
		t.Run(typ.Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				v := drawType(t, typ, typ.Name())
				first := marshal(t, v.Interface())
				back := reflect.New(typ)
				require.NoError(t, back.Interface().(json.Unmarshaler).UnmarshalJSON(first), string(first))
				require.Equal(t, string(first), string(marshal(t, back.Elem().Interface())))
				require.Equal(t, string(first), string(marshal(t, back.Interface())), "by pointer")
				clear(first) // no memory is shared
				again, err := json.Marshal(back.Elem().Interface())
				require.NoError(t, err)
				other := reflect.New(typ)
				require.NoError(t, json.Unmarshal(again, other.Interface()), string(again))
				require.NoError(t, sameObject(again, marshal(t, other.Interface()), typ.Name()))

				if again[0] == '{' && !strings.HasPrefix(typ.Name(), "Raw") && typ.Name() != "AudioData" {
					kept := marshal(t, other.Interface())
					more := append(again[:len(again)-1:len(again)-1], `,"x":1}`...)
					if string(again) == "{}" {
						more = []byte(`{"x":1}`)
					}
					require.ErrorIs(t, json.Unmarshal(more, other.Interface()), mistral.ErrInexact, string(more))
					require.Equal(t, kept, marshal(t, other.Interface()), "what fails changes nothing")
				}
			})
		})
	}
}

func marshal(t require.TestingT, v any) []byte {
	text, err := v.(json.Marshaler).MarshalJSON()
	require.NoError(t, err)
	return text
}

// drawType draws a value of a type, with all of its exported fields.
func drawType(t *rapid.T, typ reflect.Type, name string) reflect.Value {
	v := reflect.New(typ).Elem()
	pick := func(list ...any) reflect.Value { return reflect.ValueOf(rapid.SampledFrom(list).Draw(t, name)) }
	drawn := func(of any) any { return drawType(t, reflect.TypeOf(of), name).Interface() }
	switch {
	case typ == reflect.TypeFor[mistral.RawMessage]():
		return pick(mistral.RawMessage(`{"role":"developer","x":[1.50]}`), mistral.RawMessage(`{"role":"y"}`))
	case typ == reflect.TypeFor[mistral.RawChunk]():
		return pick(mistral.RawChunk(`{"type":"x","n":1e400}`), mistral.RawChunk(`{"type":"input_audio","input_audio":{"__bytes__":"AAA="}}`))
	case typ == reflect.TypeFor[mistral.RawToolChoice]():
		return pick(mistral.RawToolChoice(`{"type":"function"}`), mistral.RawToolChoice(`[1]`))
	case typ == reflect.TypeFor[mistral.RawResponseFormat]():
		return pick(mistral.RawResponseFormat(`{"type":"x","y":1.0}`), mistral.RawResponseFormat(`null`))
	case typ == reflect.TypeFor[json.RawMessage]():
		return pick(json.RawMessage(nil), json.RawMessage(`{"b":1.50,"a":[1e400,"\ud800"],"b":null}`), json.RawMessage(`"{\"a\": 1}"`), json.RawMessage(`{"__bytes__":"AAA="}`))
	case typ == reflect.TypeFor[mistral.Content]():
		return pick(mistral.Null(), text(str(t)), mistral.Chunks(), mistral.Chunks(drawn(mistral.TextChunk{}).(mistral.Chunk), drawn(mistral.ThinkChunk{}).(mistral.Chunk),
			drawn(mistral.ImageChunk{}).(mistral.Chunk), drawn(mistral.ImageURLChunk{}).(mistral.Chunk), drawn(mistral.AudioChunk{}).(mistral.Chunk),
			drawn(mistral.AudioURLChunk{}).(mistral.Chunk), drawn(mistral.RawChunk{}).(mistral.Chunk)))
	case typ == reflect.TypeFor[mistral.AudioData]():
		return pick(mistral.AudioBase64(str(t)), mistral.AudioBytes([]byte(str(t))), mistral.RawAudio([]byte(`{"data":"a"}`)), mistral.RawAudio([]byte(`null`)))
	case typ == reflect.TypeFor[mistral.Message]():
		return pick(drawn(mistral.SystemMessage{}), drawn(mistral.UserMessage{}), drawn(mistral.AssistantMessage{}), drawn(mistral.ToolMessage{}), drawn(mistral.RawMessage{}))
	case typ == reflect.TypeFor[mistral.ToolChoice]():
		return pick(mistral.ToolChoiceNone, drawn(mistral.NamedToolChoice{}), drawn(mistral.RawToolChoice{}))
	case typ == reflect.TypeFor[mistral.ResponseFormat]():
		return pick(mistral.JSONObjectFormat, drawn(mistral.JSONSchemaFormat{}), drawn(mistral.RawResponseFormat{}))
	}
	switch typ.Kind() {
	case reflect.String:
		v.SetString(str(t))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, name))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, name))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, name) {
			v.Set(reflect.New(typ.Elem()))
			v.Elem().Set(drawType(t, typ.Elem(), name))
		}
	case reflect.Slice:
		for range rapid.IntRange(0, 2).Draw(t, name) {
			v.Set(reflect.Append(v, drawType(t, typ.Elem(), name)))
		}
	case reflect.Struct:
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() {
				v.Field(i).Set(drawType(t, f.Type, f.Name))
			}
		}
	default:
		t.Fatalf("nothing is drawn for %v", typ)
	}
	return v
}

func str(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "a", "é👍\u2028<&>\"\\", "\x00\x1f\n", "data:,", "null"}).Draw(t, "string")
}

func TestUnmarshalJSON_sameAsParse(t *testing.T) {
	var req mistral.ChatCompletionRequest
	require.NoError(t, json.Unmarshal([]byte(`{"messages":[{"role":"user","content":"a"}],"temperature":1.0,"tools":null}`), &req))
	assert.Equal(t, user("a").Messages, req.Messages)
	again, err := req.AppendJSON(nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"messages":[{"role":"user","content":"a"}],"tools":null,"temperature":1.0}`, string(again))
	assert.Contains(t, string(again), "1.0")
	for _, text := range append([]string{`null`, `[]`, `{"messages":[],"stream":true}`, `{"Messages":[]}`}, keysOf(inexactRequests)...) {
		before := req
		require.Error(t, json.Unmarshal([]byte(text), &req), text)
		require.Equal(t, before, req)
	}
	for want, err := range map[string]error{
		"message: it is a UserMessage, no SystemMessage":    json.Unmarshal([]byte(`{"role":"user"}`), new(mistral.SystemMessage)),
		"message: it is a RawMessage, no UserMessage":       json.Unmarshal([]byte(`{"role":"developer"}`), new(mistral.UserMessage)),
		"chunk: it is a TextChunk, no ThinkChunk":           json.Unmarshal([]byte(`{"type":"text","text":"a"}`), new(mistral.ThinkChunk)),
		"chunk: it is a RawChunk, no AudioChunk":            json.Unmarshal([]byte(`{"type":"input_audio","input_audio":{"data":"a"}}`), new(mistral.AudioChunk)),
		"message: unknown keys":                             json.Unmarshal([]byte(`{"role":"user","content":"","name":"n"}`), new(mistral.UserMessage)),
		"tool: unknown keys":                                json.Unmarshal([]byte(`{"type":"function","function":{"name":"f"},"x":1}`), new(mistral.Tool)),
		"tool.function: the keys are":                       json.Unmarshal([]byte(`{"type":"function","function":{"name":"f","x":1}}`), new(mistral.Tool)),
		"tool call: type is not":                            json.Unmarshal([]byte(`{"type":"x","function":{"name":"f"}}`), new(mistral.ToolCall)),
		"content is no string":                              json.Unmarshal([]byte(`5`), new(mistral.Content)),
		"tool_choice: it is a RawToolChoice":                json.Unmarshal([]byte(`{}`), new(mistral.NamedToolChoice)),
		"response_format: it is a ResponseFormats, no JSON": json.Unmarshal([]byte(`{"type":"text"}`), new(mistral.JSONSchemaFormat)),
	} {
		t.Run(want, func(t *testing.T) {
			require.ErrorIs(t, err, mistral.ErrInexact, want)
			assert.ErrorContains(t, err, want)
		})
	}
	m, err := mistral.ParseMessage([]byte(` {"role":"tool","content":"a","name":null} `))
	require.NoError(t, err)
	assert.IsType(t, mistral.ToolMessage{}, m)
	c, err := mistral.ParseChunk([]byte(`{"type":"image_url","image_url":{"url":"u","detail":"low"}}`))
	require.NoError(t, err)
	assert.Equal(t, mistral.ImageURLChunk{URL: "u", Detail: ptr("low")}, c)
	_, err = mistral.ParseMessage([]byte(`{"role":"user"}{}`))
	require.ErrorIs(t, err, mistral.ErrInexact)
	_, err = mistral.ParseChunk([]byte("\"\xff\""))
	require.ErrorIs(t, err, mistral.ErrInvalidUTF8)
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	require.ErrorIs(t, json.Unmarshal([]byte(`{"messages":[],"tools":`+deep+`}`), &req), mistral.ErrInexact)
}

func keysOf(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}
