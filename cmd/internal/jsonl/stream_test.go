package jsonl

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestServe_streams(t *testing.T) {
	leakless(t)
	add := func(args string) string { return `{"id":1,"op":"stream_add","args":` + args + `}` }
	answers := converse(t, Options{}, load,
		`{"id":1,"op":"stream_open","h":"h0","args":{"policy":"ignore"}}`,
		`{"id":1,"op":"stream_open","h":"h0"}`,
		add(`{"s":0,"tokens":[1,3,22177,1240]}`), // <s>[INST]Hello and the first byte of 🌍
		add(`{"s":1,"tokens":[22177,9],"events":true}`),
		add(`{"s":0,"tokens":[1159,1140]}`),
		add(`{"s":0,"tokens":[22177,131072]}`),
		`{"id":1,"op":"unload","h":"h0"}`,
		add(`{"s":0,"tokens":[1141,1240]}`),
		`{"id":1,"op":"stream_close","args":{"s":0}}`,
		add(`{"s":0,"tokens":[]}`),
		add(`{"s":1,"tokens":"12"}`),
		add(`{"s":1,"tokens":[1],"events":1}`),
		add(`{"tokens":[1]}`),
	)[1:]
	for i, want := range []string{
		`{"s":0}`, `{"s":1}`, `"Hello"`,
		`[{"kind":"text","id":null,"name":null,"text":"Hello"},{"kind":"tool_calls","id":9,"name":"[TOOL_CALLS]","text":""}]`,
		`""`, "TokenID", "null", `"🌍"`, `"` + "\uFFFD" + `"`, "UnknownStream", "BadArguments", "BadArguments", "BadArguments",
	} {
		if got := member(t, answers[i], "ok"); got != "" {
			assert.Equal(t, want, got, "answer %d", i)
			continue
		}
		assert.Equal(t, `"`+want+`"`, member(t, answers[i], "err", "type"), answers[i])
	}
	answers = converse(t, Options{}, load,
		`{"id":1,"op":"stream_open","h":"h0","args":{"policy":"raise"}}`, add(`{"s":0,"tokens":[22177,3]}`),
		`{"id":1,"op":"stream_open","h":"h0","args":{"policy":"lax"}}`)
	assert.Equal(t, `"SpecialToken"`, member(t, answers[2], "err", "type"))
	assert.Equal(t, `"BadArguments"`, member(t, answers[3], "err", "type"))
}
