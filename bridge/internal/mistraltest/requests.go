// Package mistraltest has requests for the tests of the packages that read and encode them.
package mistraltest

// ChatOf is a request whose only message is the JSON given.
func ChatOf(message string) string { return `{"messages":[` + message + `]}` }

// Exact are requests that the Go types hold exactly.
var Exact = []string{
	`{"messages":[]}`,
	` { "messages" : [ ] , "model" : "m" } `,
	ChatOf(`{"role":"user","content":"Hi \u00e9 \ud83d\ude00 \u0000 \/ \" \\ \n<s>"}`),
	ChatOf(`{"content":"any order of keys","role":"user"}`),
	ChatOf(`{"r\u006fle":"user","content":""}`),
	ChatOf(`{"role":"user"}`), ChatOf(`{"role":"user","content":null}`), ChatOf(`{"role":"user","content":[]}`),
	ChatOf(`{"content":[{"type":"text","text":"a"}],"role":"user"}`),
	ChatOf(`{"role":"user","content":[{"type":"text","text":"a"},{"text":"b","type":"text"},{"type":"image_url","image_url":"data:,"},
		{"type":"image_url","image_url":{"url":"u"}},{"type":"image_url","image_url":{"url":"u","detail":"low"}},
		{"type":"image_url","image_url":{"detail":null,"url":"u"}},{"type":"input_audio","input_audio":{"data":"","x":NaN}}]}`),
	ChatOf(`{"role":"system","content":[{"type":"thinking","thinking":"t","closed":false},{"type":"thinking","thinking":"t"}]}`),
	ChatOf(`{"role":"assistant","content":null,"tool_calls":[{"id":"abc","type":"function","function":{"name":"f","arguments":"{\"a\": 1.50}"}}]}`),
	ChatOf(`{"role":"assistant","tool_calls":[{"function":{"arguments":{"z":1.0,"a":[1e400,NaN],"z":2},"name":"f"},"type":"function"}],"prefix":true}`),
	ChatOf(`{"role":"assistant","tool_calls":[],"content":"x","weight":0.5}`), ChatOf(`{"role":"assistant","content":"x","weight":1}`),
	ChatOf(`{"role":"assistant","content":"x","tool_calls":[{"type":"function","function":{"name":"f"}}]}`),
	ChatOf(`{"role":"tool","tool_call_id":"1","content":"3","name":"f"}`),
	ChatOf(`{"role":"developer","content":{"a":[1,{"b":-0.0}],"a":1}}`),
	`{"messages":[],"tools":[{"type":"function","function":{"strict":true,"parameters":{"b" : 1.0, "a": -Infinity},"name":"f","description":""}}]}`,
	`{"messages":[],"tools":[{"type":"function","function":{"name":"f","strict":false}}],"tool_choice":{"type":"function","function":{"name":"f"}}}`,
	`{"tools":[],"tool_choice":null,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"z":1,"a":1.10}}},"messages":[]}`,
	`{"messages":[],"temperature":0.70,"top_p":1,"max_tokens":0,"random_seed":-9223372036854775808,"reasoning_effort":"high"}`,
	`{"messages":[],"model":null}`,
	`{"messages":[],"tools":null}`,
	`{"messages":[],"temperature":null}`,
	`{"messages":[],"temperature":1.0}`,
	`{"messages":[],"temperature":-0.0}`,
	`{"messages":[],"temperature":1e5}`,
	`{"messages":[],"temperature":1000000}`,
	`{"messages":[],"temperature":100000000000000000001}`,
	`{"messages":[],"truncate_for_context_length":false}`,
	ChatOf(`{"role":"assistant","content":"a","prefix":false}`),
	ChatOf(`{"role":"assistant","tool_calls":null}`),
	ChatOf(`{"role":"tool","content":"a","name":null}`),
	ChatOf(`{"role":"assistant","content":"","weight":1.0}`),
	`{"temperature":0.7,"top_p":1.0,"max_tokens":null,"random_seed":null,"model":null,"messages":[{"role":"assistant","content":null,"tool_calls":null,"prefix":false},{"role":"tool","content":"a","tool_call_id":null,"name":null}],"response_format":{"type":"text","json_schema":null},"tools":null,"tool_choice":"auto","parallel_tool_calls":true,"truncate_for_context_length":false,"reasoning_effort":null}`,
	`{"messages":[],"parallel_tool_calls":null,"continue_final_message":null,"reasoning_effort":null,"max_tokens":null}`,
	ChatOf(`{"role":"user","content":[{"type":"image","image":"x"},{"type":"input_audio","input_audio":"x"},{"type":"audio_url","audio_url":"u"},{"type":"audio_url","audio_url":{"url":"u"}}]}`),
	`{"messages":[],"temperature":1E-3,"top_p":100000,"parallel_tool_calls":false,"truncate_for_context_length":true,"continue_final_message":false}`,
}
