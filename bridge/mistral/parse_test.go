package mistral_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge/internal/mistraltest"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

var inexactRequests = map[string]string{
	`{"messages":[]`: "no JSON", `[]`: "no object", `null`: "no object", `{}`: "no messages", `{"messages":{}}`: "no list",
	`{"messages":[],"x":1}`: "unknown key", `{"Messages":[]}`: "other case", `{"messages":[],"messages":[]}`: "twice",

	`{"messages":[],"temperature":NaN}`: "NaN", `{"messages":[],"temperature":-Infinity}`: "Infinity", `{"messages":[],"temperature":1e400}`: "infinite",
	`{"messages":[],"temperature":"1"}`: "string",
	`{"messages":[],"max_tokens":1.0}`:  "float", `{"messages":[],"max_tokens":-0}`: "-0", `{"messages":[],"max_tokens":9223372036854775808}`: "too large", `{"messages":[],"truncate_for_context_length":null}`: "null",
	`{"messages":[],"truncate_for_context_length":0}`: "0", mistraltest.ChatOf(`{"role":"assistant","prefix":null}`): "null",
	`{"messages":[],"parallel_tool_calls":1}`:             "int",
	`{"messages":[],"tools":[{"function":{"name":"f"}}]}`: "no type", `{"messages":[],"tools":[{"type":"x","function":{"name":"f"}}]}`: "type",
	`{"messages":[],"tools":[{"type":"function","function":{"strict":true,"name":"f"}}]}`: "order", `{"messages":[],"tools":[{"type":"function"}]}`: "no function",
	`{"messages":[],"tools":[{"type":"function","function":{"name":"f","x":1}}]}`: "unknown key",
	mistraltest.ChatOf(`5`): "no object", mistraltest.ChatOf(`{}`): "no role", mistraltest.ChatOf(`{"role":null}`): "null", mistraltest.ChatOf(`{"role":"user","content":5}`): "number",
	mistraltest.ChatOf(`{"Role":"user","content":""}`): "other case", mistraltest.ChatOf(`{"role":"user","content":"\ud800"}`): "lone surrogate",
	mistraltest.ChatOf(`{"role":"user","content":"a","content":"b"}`): "twice", mistraltest.ChatOf(`{"role":"user","content":"a","cont\u0065nt":"b"}`): "twice, escaped",
	mistraltest.ChatOf(`{"role":"user","content":"a","name":"b"}`): "unknown key",

	mistraltest.ChatOf(`{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}`): "no type",
	mistraltest.ChatOf(`{"role":"user","content":[{"text":"a"}]}`):                      "no type", mistraltest.ChatOf(`{"role":"user","content":[{"type":"text"}]}`): "no text",
	mistraltest.ChatOf(`{"role":"user","content":[{"type":"text","text":null}]}`): "null", mistraltest.ChatOf(`{"role":"user","content":["a"]}`): "string",
	mistraltest.ChatOf(`{"role":"user","content":[{"type":"thinking","thinking":"","closed":null}]}`): "null",
	mistraltest.ChatOf(`{"role":"user","content":[{"type":"text","text":"a","x":1}]}`):                "unknown key",
	`{"messages":[],"tool_choice":` + strings.Repeat("[", 256) + strings.Repeat("]", 256) + `}`:       "depth",
}

func TestParse_exact(t *testing.T) {
	for _, text := range mistraltest.Exact {
		req, err := mistral.ParseChatCompletionRequest([]byte(text))
		require.NoError(t, err, text)
		again, err := req.AppendJSON(nil)
		require.NoError(t, err, text)
		assert.NoError(t, sameObject([]byte(text), again, "request"), "%s\nbecame %s", text, again)
	}
}

func TestParse_inexact(t *testing.T) {
	for text, why := range inexactRequests {
		_, err := mistral.ParseChatCompletionRequest([]byte(text))
		assert.ErrorIs(t, err, mistral.ErrInexact, "%s: %s", why, text)
	}
	_, err := mistral.ParseChatCompletionRequest([]byte(mistraltest.ChatOf("{\"role\":\"user\",\"content\":\"\xff\"}")))
	assert.ErrorIs(t, err, mistral.ErrInvalidUTF8)
}

func TestParse_place(t *testing.T) {
	_, err := mistral.ParseChatCompletionRequest([]byte(`{"messages":[{"role":"user","content":""},{"role":"user","content":[{"type":"text","text":1}]}]}`))
	assert.EqualError(t, err, "bridge: not exactly representable in Go types: messages.1.content.0: text is no string that UTF-8 can hold")
}

func TestParse_types(t *testing.T) {
	req, err := mistral.ParseChatCompletionRequest([]byte(`{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"audio_url","audio_url":"u"}]},
		{"role":"assistant","content":"b","prefix":true},{"role":"developer"}]}`))
	require.NoError(t, err)
	assert.Equal(t, []mistral.Message{
		mistral.UserMessage{Content: mistral.Chunks(mistral.TextChunk{Text: "a"}, mistral.AudioURLChunk{URL: "u"})},
		mistral.AssistantMessage{Content: mistral.Text("b"), Prefix: true},
		mistral.RawMessage(`{"role":"developer"}`),
	}, req.Messages)
}

// TestParse_neverChanges makes requests out of right and wrong parts.
func TestParse_neverChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawRequest().Draw(t, "request")
		checkParse(t, []byte(text))
	})
}

func FuzzParseChatCompletionRequest(f *testing.F) {
	for _, text := range mistraltest.Exact {
		f.Add([]byte(text))
	}
	for text := range inexactRequests {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkParse(t, text) })
}

func checkParse(t require.TestingT, text []byte) {
	req, err := mistral.ParseChatCompletionRequest(text)
	if err != nil {
		return
	}
	again, err := req.AppendJSON(nil)
	require.NoError(t, err)
	require.NoError(t, sameObject(text, again, "request"), "%s\nbecame %s", text, again)
}

// unordered are the places where the order of keys does not show in the reference; all
// others are compared in order.
var unordered = []string{"request", "request.messages[]", "request.tools[]", "request.tools[].function", "request.messages[].tool_calls[]",
	"request.messages[].tool_calls[].function", "request.settings", "request.available_tools[]", "request.available_tools[].function"}

// sameObject compares two JSON texts as what json.loads makes of them, and objects
// but for those of unordered with the order of their keys and what occurs twice.
func sameObject(a, b []byte, where string) error {
	a, b = bytes.Trim(a, " \t\r\n"), bytes.Trim(b, " \t\r\n")
	if len(a) == 0 || len(b) == 0 || kind(a) != kind(b) {
		return fmt.Errorf("%s: %s is not %s", where, a, b)
	}
	switch kind(a) {
	case '{':
		x, errX := pyjson.Object(a)
		y, errY := pyjson.Object(b)
		if errX != nil || errY != nil || len(x) != len(y) {
			return fmt.Errorf("%s: %s is not %s (%v, %v)", where, a, b, errX, errY)
		}
		if slices.Contains(unordered, where) {
			byKey := func(p, q pyjson.Member) int { return strings.Compare(p.Key, q.Key) }
			slices.SortStableFunc(x, byKey)
			slices.SortStableFunc(y, byKey)
		}
		for i := range x {
			if x[i].Key != y[i].Key {
				return fmt.Errorf("%s: key %q is not %q", where, x[i].Key, y[i].Key)
			}
			if err := sameObject(x[i].Value, y[i].Value, where+"."+x[i].Key); err != nil {
				return err
			}
		}
	case '[':
		x, errX := pyjson.Array(a)
		y, errY := pyjson.Array(b)
		if errX != nil || errY != nil || len(x) != len(y) {
			return fmt.Errorf("%s: %s is not %s (%v, %v)", where, a, b, errX, errY)
		}
		for i := range x {
			if err := sameObject(x[i], y[i], where+"[]"); err != nil {
				return err
			}
		}
	case '"':
		x, okX := pyjson.String(a)
		y, okY := pyjson.String(b)
		if (okX != okY || x != y) || (!okX && !bytes.Equal(a, b)) {
			return fmt.Errorf("%s: %s is not %s", where, a, b)
		}
	case '0':
		return sameNumber(string(a), string(b), where)
	default:
		if !bytes.Equal(a, b) {
			return fmt.Errorf("%s: %s is not %s", where, a, b)
		}
	}
	return nil
}

func kind(text []byte) byte {
	if c := text[0]; c != '-' && (c < '0' || c > '9') {
		return c
	}
	return '0'
}

func sameNumber(a, b, where string) error {
	isInt := func(s string) bool { return !strings.ContainsAny(s, ".eEIN") }
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if isInt(a) != isInt(b) || x != y || (errX == nil) != (errY == nil) || (isInt(a) && a != b) {
		return fmt.Errorf("%s: %s is not %s", where, a, b)
	}
	return nil
}

// drawRequest draws requests most of which are nearly right.
func drawRequest() *rapid.Generator[string] {
	str := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) string { b, _ := json.Marshal(s); return string(b) }),
		rapid.SampledFrom([]string{`""`, `"\ud83d\ude00"`, `"\ud800"`, `"\u0000"`, `"a\/b"`}))
	odd := rapid.SampledFrom([]string{`null`, `true`, `false`, `0`, `-0`, `1.0`, `0.5`, `1e400`, `NaN`, `-Infinity`, `[]`, `{}`, `{"b":1.10,"a":[{"z":null,"y":0}],"b":2}`})
	value := func(right *rapid.Generator[string]) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			if rapid.IntRange(0, 11).Draw(t, "odd") == 0 {
				return odd.Draw(t, "value")
			}
			return right.Draw(t, "value")
		})
	}
	object := func(fields map[string]*rapid.Generator[string], must ...string) *rapid.Generator[string] {
		names := make([]string, 0, len(fields)+1)
		for name := range fields {
			names = append(names, name)
		}
		slices.Sort(names)
		names = append(names, "extra")
		return rapid.Custom(func(t *rapid.T) string {
			keys := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 3, rapid.ID[string]).Draw(t, "keys")
			keys = slices.DeleteFunc(keys, func(k string) bool {
				return slices.Contains(must, k) || (k == "extra" && rapid.IntRange(0, 5).Draw(t, "x") > 0)
			})
			keys = append(slices.Clone(must), keys...)
			if rapid.Bool().Draw(t, "mix") {
				keys = rapid.Permutation(keys).Draw(t, "order")
			}
			parts := make([]string, len(keys))
			for i, k := range keys {
				v := `1`
				if g := fields[k]; g != nil {
					v = value(g).Draw(t, k)
				}
				parts[i] = strconv.Quote(k) + `:` + v
			}
			return `{` + strings.Join(parts, ", ") + `}`
		})
	}
	list := func(g *rapid.Generator[string]) *rapid.Generator[string] {
		return rapid.Map(rapid.SliceOfN(g, 0, 3), func(s []string) string { return `[` + strings.Join(s, ",") + `]` })
	}
	is := func(words ...string) *rapid.Generator[string] {
		return rapid.Map(rapid.SampledFrom(words), strconv.Quote)
	}
	number := rapid.Map(rapid.Float64(), func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) })
	type fields = map[string]*rapid.Generator[string]
	boolean := rapid.SampledFrom([]string{"true", "false"})
	chunk := rapid.OneOf(
		object(fields{"type": is("text", "input_audio"), "text": str}, "type", "text"),
		object(fields{"type": is("thinking"), "thinking": str, "closed": boolean}, "type", "thinking"),
		object(fields{"type": is("image_url"), "image_url": rapid.OneOf(str, object(fields{"url": str, "detail": str}, "url"))}, "type", "image_url"))
	content := rapid.OneOf(str, list(chunk))
	function := func(free string) *rapid.Generator[string] {
		return object(fields{"name": str, free: rapid.OneOf(odd, str), "description": str, "strict": boolean}, "name", free)
	}
	call := object(fields{"type": is("function"), "id": str, "function": object(fields{"name": str, "arguments": rapid.OneOf(odd, str)}, "name")}, "type", "function")
	message := rapid.OneOf(
		object(fields{"role": is("user", "system", "other"), "content": content}, "role", "content"),
		object(fields{"role": is("assistant"), "content": content, "tool_calls": list(call), "prefix": boolean, "weight": number}, "role"),
		object(fields{"role": is("tool"), "content": content, "tool_call_id": str, "name": str}, "role", "content"))
	return object(fields{
		"messages": list(message), "model": str, "temperature": number, "top_p": number, "max_tokens": number, "tool_choice": odd,
		"random_seed": rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }), "response_format": odd,
		"tools":                       list(object(fields{"type": is("function"), "function": function("parameters")}, "type", "function")),
		"truncate_for_context_length": boolean, "continue_final_message": boolean, "parallel_tool_calls": boolean, "reasoning_effort": str,
	}, "messages")
}
