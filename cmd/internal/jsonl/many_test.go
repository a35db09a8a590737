package jsonl

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestServe_many(t *testing.T) {
	leakless(t)
	line := func(op, args string) string { return `{"id":1,"op":"` + op + `","h":"h0","args":` + args + `}` }
	chats := line("encode_chats", `{"requests":[{"messages":[{"role":"user","content":"Hello"}]},{"messages":[]},{"messages":[{"role":"user","content":"Hello"}]}],"want":["tokens"]}`)
	for _, typed := range []bool{false, true} {
		t.Run(strconv.FormatBool(typed), func(t *testing.T) {
			answers := converse(t, Options{Typed: typed}, load,
				line("encode_texts", `{"texts":["Hello","","Hello you"],"eos":true}`),
				chats,
				line("encode_texts", `{"texts":[]}`),
				line("encode_texts", `{"texts":["a",3]}`),
				line("encode_texts", `{"texts":["a"],"bos":1}`),
				line("encode_texts", `{}`),
				line("encode_chats", `{"requests":{}}`),
				line("encode_chats", `{"request":{}}`),
			)
			assert.Equal(t, `[{"ok":[22177,2]},{"ok":[2]},{"ok":[22177,1636,2]}]`, member(t, answers[1], "ok"))
			assert.Equal(t, `[{"ok":{"tokens":[1,3,22177,4]}},`+
				`{"err":{"module":"mistral_common.exceptions","type":"InvalidMessageStructureException","message":"Conversation must have at least one message","args":["Conversation must have at least one message"]}},`+
				`{"ok":{"tokens":[1,3,22177,4]}}]`, member(t, answers[2], "ok"))
			assert.Equal(t, `[]`, member(t, answers[3], "ok"))
			for _, answer := range answers[4:] {
				assert.Equal(t, `"BadArguments"`, member(t, answer, "err", "type"), answer)
			}
		})
	}
}
