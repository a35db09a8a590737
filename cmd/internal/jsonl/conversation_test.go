package jsonl

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServe_conversation(t *testing.T) {
	leakless(t)
	got := converse(t, Options{Program: "mtok test", Typed: true},
		load,
		encode(`"one"`, user(`"Hi"`)),
		`{"id":2,"op":"encode_chat_completion","h":"h0","args":{"request":`+user(`"Hi"`)+`,"want":["tokens"]}}`,
		`{"id":3,"op":"decode","h":"h0","args":{"tokens":[1,3,37133,4],"policy":"keep"}}`,
		`{"id":4,"op":"decode","h":"h0","args":{"tokens":[1,3,37133,4]}}`,
		`{"id":5,"op":"raw","h":"h0","args":{"m":"id_to_byte_piece","a":[37133],"k":{}}}`,
		`{"id":6,"op":"raw","h":"h0","args":{"m":"encode","a":["Hi"],"k":{"bos":true,"eos":false}}}`,
		`{"id":7,"op":"raw","h":"h0","args":{"m":"is_special","a":[1]}}`,
		`{"id":8,"op":"info"}`,
		`{"id":9,"op":"unload","h":"h0"}`,
	)
	require.Len(t, got, 10)
	assert.Equal(t, `"h0"`, member(t, got[0], "ok", "h"))
	assert.Equal(t, `"InstructTokenizerV3"`, member(t, got[0], "ok", "desc", "cls"))
	assert.Equal(t, `131072`, member(t, got[0], "ok", "desc", "n_words"))
	assert.Equal(t, `{"id":"one","ok":{"tokens":[1,3,37133,4],"prefix_ids":null,"text":"<s>[INST]Hi[/INST]","images":[],"audios":[]},"w":[]}`, got[1])
	assert.Equal(t, `{"id":2,"ok":{"tokens":[1,3,37133,4]},"w":[]}`, got[2])
	assert.Equal(t, `{"id":3,"ok":"<s>[INST]Hi[/INST]","w":[]}`, got[3])
	assert.Equal(t, `{"id":4,"ok":"Hi","w":[]}`, got[4])
	assert.Equal(t, `{"id":5,"ok":{"__bytes__":"SGk="},"w":[]}`, got[5])
	assert.Equal(t, `{"id":6,"ok":[1,37133],"w":[]}`, got[6])
	assert.Equal(t, `{"id":7,"ok":true,"w":[]}`, got[7])
	assert.Equal(t, `"mtok test"`, member(t, got[8], "ok", "program"))
	assert.Equal(t, `"1.13.1"`, member(t, got[8], "ok", "packages", "mistral-common"))
	assert.Equal(t, `{"raw":0,"typed":2}`, member(t, got[8], "ok", "exec"))
	assert.Equal(t, `{"id":9,"ok":null,"w":[]}`, got[9])
}

func TestServe_twoTokenizers(t *testing.T) {
	got := converse(t, Options{}, load,
		`{"id":1,"op":"load","args":{"name":"v3"}}`,
		strings.Replace(encode(`2`, user(`"Hi"`)), `"h0"`, `"h1"`, 1),
		`{"id":3,"op":"unload","h":"h0"}`,
		encode(`4`, user(`"Hi"`)),
		`{"id":5,"op":"load","args":{"model":"mistralai/Mistral-7B-Instruct-v0.3"}}`)
	assert.Equal(t, `"h1"`, member(t, got[1], "ok", "h"))
	assert.Equal(t, `[1,3,16127,4]`, member(t, got[2], "ok", "tokens"))
	assert.Equal(t, `"there is no tokenizer \"h0\"; loaded are h1"`, member(t, got[4], "err", "message"))
	assert.Equal(t, `"h2"`, member(t, got[5], "ok", "h"), "handles are not given out again")
}

func TestServe_warnings(t *testing.T) {
	request := `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"continue_final_message":true}`
	got := converse(t, Options{}, load, encode(`1`, request), encode(`2`, request), encode(`3`, user(`"a"`)))
	warning := "[[\"builtins\",\"DeprecationWarning\",\"`continue_final_message` passed directly to ChatCompletionRequest is deprecated. " +
		"Set `AssistantMessage.prefix` instead. Will be removed in 1.13.0.\"]]"
	assert.Contains(t, []string{warning, `[]`}, member(t, got[1], "w"), "the reference warns once in a process")
	assert.Equal(t, `[]`, member(t, got[3], "w"))
	assert.Equal(t, `[1098]`, member(t, got[1], "ok", "prefix_ids"))
	assert.Equal(t, member(t, got[1], "ok"), member(t, got[2], "ok"))
}

func TestServe_image(t *testing.T) {
	// One white pixel.
	png := "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4////fwAJ+wP9BUNFygAAAABJRU5ErkJggg=="
	got := converse(t, Options{},
		`{"id":0,"op":"load","args":{"name":"v3-tekken-mm"}}`,
		encode(`1`, user(`[{"type":"image_url","image_url":"`+png+`"},{"type":"text","text":"a"}]`)),
		strings.Replace(encode(`2`, user(`[{"type":"image_url","image_url":"`+png+`"}]`)), `"max":null`, `"want":["tokens","audios"]`, 1))
	image := strings.Trim(member(t, got[1], "ok", "images"), "[]")
	assert.Equal(t, `"float32"`, member(t, image, "dtype"), got[1])
	assert.Equal(t, `[3,16,16]`, member(t, image, "shape"))
	assert.Len(t, member(t, image, "b64"), 4096+2, "3×16×16 floats in base64, and its quotes")
	assert.Equal(t, `[]`, member(t, got[2], "ok", "audios"))
	assert.Empty(t, member(t, got[2], "ok", "images"))
}

// TestServe_errors: the reference's own words, or ours with the way out.
func TestServe_errors(t *testing.T) {
	cases := []struct{ line, id, module, kind, message string }{
		{encode(`1`, `{"messages":[]}`), `1`, "mistral_common.exceptions", "InvalidMessageStructureException", "Conversation must have at least one message"},
		{encode(`[1.50, null]`, `{"messages":[{"role":"assistant","content":"a"}]}`), `[1.50, null]`, "mistral_common.exceptions", "InvalidMessageStructureException", "Conversation must start with a user message or system message"},
		{encode(`NaN`, user(`5`)), `NaN`, "pydantic_core._pydantic_core", "ValidationError", "2 validation errors for ChatCompletionRequest"},
		{encode(`{"a":1}`, user(`"\ud800"`)+` `), `{"a":1}`, "", "", ""},
		{`{"id":5,"op":"decode","h":"h0","args":{"tokens":[1],"policy":"raise"}}`, `5`, "builtins", "ValueError", ""},
		{`{"id":6,"op":"decode","h":"h0","args":{"tokens":[1],"policy":7}}`, `6`, "builtins", "ValueError", ""},
		{`{"id":7,"op":"decode","h":"h0","args":{"tokens":[200000]}}`, `7`, "builtins", "KeyError", ""},
		{`{"id":8,"op":"raw","h":"h0","args":{"m":"__init__"}}`, `8`, "pyshim.errors", "UnknownMethod", "it offers _to_string, decode, encode"},
		{`{"id":9,"op":"load","args":{"path":"/nowhere/tekken.json"}}`, `9`, "mistral_common.exceptions", "TokenizerException", "Unrecognized tokenizer file: /nowhere/tekken.json"},
		{`{"id":10,"op":"load","args":{"name":"v99"}}`, `10`, "pyshim.errors", "UnknownTokenizer", "it ships v1, v2, v3"},
		{`{"id":11,"op":"load","args":{"name":"v1","mode":"lax"}}`, `11`, "builtins", "ValueError", "'lax' is not a valid ValidationMode"},
		{`{"id":12,"op":"load","args":{}}`, `12`, "mtok", "BadArguments", `one of "path", "name" and "model"`},
		{`{"id":13,"op":"load_raw","args":{"path":1}}`, `13`, "mtok", "BadArguments", `"path" has to be a string`},
		{`{"id":14,"op":"encode_nothing","h":"h0","args":{}}`, `14`, "mtok", "UnknownOp", `no op "encode_nothing"; there are `},
		{`{"id":15,"op":"decode","args":{"tokens":[1]}}`, `15`, "mtok", "BadArguments", `needs "h"`},
		{`{"id":16,"op":"decode","h":"x","args":{"tokens":[1]}}`, `16`, "mtok", "UnknownHandle", "loaded are h0"},
		{`{"id":17,"op":"decode","h":"h0"}`, `17`, "mtok", "BadArguments", `needs "tokens"`},
		{`{"id":18,"op":"encode_chat_completion","h":"h0","args":{"request":{},"max":-1}}`, `18`, "mtok", "BadArguments", `"max" has to be null or a whole number`},
		{`{"id":19,"op":"encode_chat_completion","h":"h0","args":{"request":{},"want":["ids"]}}`, `19`, "mtok", "BadArguments", `has no part "ids"; it has tokens`},
		{`{"id":20,"op":"encode_chat_completion","h":"h0","args":{"requests":{}}}`, `20`, "mtok", "BadArguments", `no argument "requests"; it has request, max, want`},
		{`{"id":21,"args":{}}`, `21`, "mtok", "BadArguments", `"op" has to be a string`},
		{`{"id":22,"op":"info","args":[]}`, `22`, "mtok", "BadArguments", `"args" has to be an object`},
		{`{"id":24,"op":"offsets","h":"h0","args":{"text":"a\ud800"}}`, `24`, "mtok", "BadArguments", `"text" holds a lone surrogate`},
		{`{"id":25,"op":"encode_texts","h":"h0","args":{"texts":["a","\udc00"]}}`, `25`, "mtok", "BadArguments", `item 1 of "texts" holds a lone surrogate`},
		{`{"id":26,"op":"encode_texts","h":"h0","args":{"texts":[1]}}`, `26`, "mtok", "BadArguments", `item 0 of "texts" has to be a string`},
		{`{"id":23,"op":"info"`, `null`, "mtok", "BadLine", "the text ends where ',' or '}' was expected at byte 21"},
		{`hello`, `null`, "mtok", "BadLine", "'h' where an object was expected at byte 0"},
		{`[1]`, `null`, "mtok", "BadLine", "an object was expected"},
		{"{\"id\":1,\"op\":\"\xff\"}", `null`, "mtok", "InvalidUTF8", "not UTF-8 at byte 14"},
		{`{"op":"fly"}`, `null`, "mtok", "UnknownOp", `no op "fly"`},
	}
	lines := []string{load}
	for _, c := range cases {
		lines = append(lines, c.line)
	}
	got := converse(t, Options{}, append(lines, encode(`"end"`, user(`"Hi"`)))...)
	require.Len(t, got, len(cases)+2)
	for i, c := range cases {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			answer := got[i+1]
			assert.Equal(t, c.id, member(t, answer, "id"), answer)
			if c.kind == "" {
				return
			}
			assert.Equal(t, `"`+c.module+`"`, member(t, answer, "err", "module"), answer)
			assert.Equal(t, `"`+c.kind+`"`, member(t, answer, "err", "type"), answer)
			assert.Contains(t, strings.ReplaceAll(member(t, answer, "err", "message"), `\"`, `"`), c.message)
			assert.NotEmpty(t, member(t, answer, "err", "args"), answer)
		})
	}
	assert.Equal(t, `[1,3,37133,4]`, member(t, got[len(got)-1], "ok", "tokens"), "the conversation goes on")
}

func TestServe_validationError(t *testing.T) {
	request := `{"messages":[{"role":"user","content":"a","x":{"z":1.0,"a":NaN}}],"temperature":Infinity}`
	answer := converse(t, Options{}, load, encode(`1`, request))[1]
	assert.Equal(t, `"ChatCompletionRequest"`, member(t, answer, "err", "title"))
	assert.Equal(t, `[]`, member(t, answer, "err", "args"))
	errs := member(t, answer, "err", "errors")
	assert.Contains(t, errs, `"loc":["messages",0,"user","x"]`)
	assert.Contains(t, errs, `"type":"extra_forbidden"`)
	assert.Contains(t, errs, `"input":{"z":1.0,"a":`, "key order and the text of numbers are the reference's")
	assert.NotContains(t, errs, "http")
}

// TestServe_surrogates: what UTF-8 cannot hold reaches the reference as it is written.
func TestServe_surrogates(t *testing.T) {
	got := converse(t, Options{Typed: true}, load, `{"id":1,"op":"load","args":{"name":"v3"}}`,
		encode(`"\ud800"`, user(`"a\ud800b"`)), strings.Replace(encode(`3`, user(`"a\ud800b"`)), "h0", "h1", 1), encode(`4`, user(`"a\ufffdb"`)), `{"id":5,"op":"info"}`)
	assert.Equal(t, `"\ud800"`, member(t, got[2], "id"))
	assert.NotEmpty(t, member(t, got[2], "ok", "tokens"), got[2])
	assert.Equal(t, member(t, got[4], "ok"), member(t, got[2], "ok"), "Tekken takes it as U+FFFD")
	assert.Equal(t, `"RuntimeError"`, member(t, got[3], "err", "type"), got[3])
	assert.Equal(t, `{"raw":2,"typed":1}`, member(t, got[5], "ok", "exec"))
}

// TestServe_keyOrder: a tool's parameters are tokenized as they
// are written.
func TestServe_keyOrder(t *testing.T) {
	tool := func(parameters string) string {
		return `{"tools":[{"type":"function","function":{"name":"f","parameters":` + parameters + `}}],"messages":[{"role":"user","content":"a"}]}`
	}
	got := converse(t, Options{Typed: true}, load,
		encode(`1`, tool(`{"z":1.50,"a":1e400,"m":NaN}`)), encode(`2`, tool(`{"a":1e400,"z":1.50,"m":NaN}`)), `{"id":3,"op":"info"}`)
	text := func(answer string) string { return strings.ReplaceAll(member(t, answer, "ok", "text"), `\"`, `"`) }
	assert.Contains(t, text(got[1]), `"parameters": {"z": 1.5, "a": Infinity, "m": NaN}`)
	assert.Contains(t, text(got[2]), `"parameters": {"a": Infinity, "z": 1.5, "m": NaN}`)
	assert.Equal(t, `{"raw":0,"typed":2}`, member(t, got[3], "ok", "exec"))
}

// TestServe_typedAndRaw: with the Go types on the way or without, every answer
// is the same to the byte, errors and all.
func TestServe_typedAndRaw(t *testing.T) {
	requests := []string{
		user(`"Hi"`), user(`"é \ud83d\ude00 \u0000 <s>[INST]"`), user(`null`), user(`[]`), `{"messages":[{"role":"user"}]}`,
		user(`[{"type":"text","text":"a"},{"text":"b","type":"text"},{"type":"input_audio","input_audio":"x"}]`),
		user(`[{"text":"a","type":"text"},{"thinking":"b","type":"thinking"}]`), user(`[{"type":"image_url","image_url":{"url":"data:,"}}]`),
		`{"messages":[{"content":[{"thinking":"b","type":"thinking"}],"role":"user"}]}`,
		`{"messages":[{"role":"tool","name":"f"}]}`, `{"messages":[{"name":"f","role":"tool"}]}`,
		`{"messages":[{"content":"s","role":"system"},{"role":"user","content":"u"},{"role":"assistant","content":null,"tool_calls":[
			{"function":{"arguments":{"z":1.0,"a":[1]},"name":"f"},"type":"function","id":"123456789"}]},{"role":"tool","tool_call_id":"123456789","content":"{\"x\":  1.50}"}],
			"tools":[{"type":"function","function":{"parameters":{"type":"object","properties":{"z":{},"a":{}}},"name":"f","description":"d"}}],"tool_choice":"auto"}`,
		`{"tools":[{"type":"function","function":{"name":"f","strict":true}},{"function":{"name":"g"},"type":"function"}],"messages":[{"role":"user","content":"a"}]}`,
		`{"tools":[{"type":"function","function":{"parameters":{"type":5},"name":"f"}}],"messages":[{"role":"user","content":"a"}]}`,
		`{"top_p":7,"temperature":-0.5,"max_tokens":-1,"messages":[{"role":"user","content":"a"}]}`,
		`{"temperature":1.0,"messages":[{"role":"user","content":"a"}]}`, `{"messages":[{"role":"user","content":"a"}],"model":null,"x":1}`,
		`{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":0.5}]}`,
		`{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","prefix":true}]}`,
		`{"messages":[{"role":"developer","content":"a"}]}`, `{"messages":[{"Role":"user","content":"a"}]}`, `{"messages":[{"role":"user","content":"a","content":"b"}]}`,
		`{"messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema"}}`, `{"messages":[{"role":"user","content":"a"}],"tool_choice":null}`,
		`{"messages":[{"role":"user","content":"a"}],"truncate_for_context_length":true}`, `{"messages":[{"role":"user","content":"a"}],"reasoning_effort":"high"}`,
		`null`, `[]`, `"x"`, `{}`, `{"messages":{}}`,
	}
	for _, name := range []string{"v1", "v3", "v3-tekken", "v7"} {
		t.Run(name, func(t *testing.T) {
			lines := []string{`{"id":"load","op":"load","args":{"name":"` + name + `"}}`}
			for i, r := range requests {
				lines = append(lines, encode(fmt.Sprint(i), strings.ReplaceAll(r, "\n", " ")))
			}
			typed := converse(t, Options{Typed: true}, append(lines, `{"op":"info"}`)...)
			raw := converse(t, Options{}, append(lines, `{"op":"info"}`)...)
			last := len(lines)
			require.Len(t, typed, last+1)
			assert.Equal(t, raw[:last], typed[:last], name)
			assert.Equal(t, fmt.Sprintf(`{"raw":%d,"typed":0}`, len(requests)), member(t, raw[last], "ok", "exec"))
			assert.Equal(t, `{"raw":8,"typed":23}`, member(t, typed[last], "ok", "exec"), "how many of them the types can say")
		})
	}
}
