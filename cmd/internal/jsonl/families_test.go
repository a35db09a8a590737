package jsonl

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every op answers, through the Go types and past them, with the same bytes.
func TestServe_everyOp(t *testing.T) {
	leakless(t)
	const chunk = `"mod":"mistral_common.protocol.instruct.chunk","cls":"ImageURLChunk"`
	lines := []string{
		load,
		`{"id":1,"op":"encode_fim","h":"h0","args":{"request":{"prompt":"def","suffix":null,"top_p":1.0},"want":["tokens","text"]}}`,
		`{"id":2,"op":"encode_instruct","h":"h0","args":{"request":{"messages":[{"role":"user","content":"Hi"}],"settings":{"reasoning_effort":null}}}}`,
		`{"id":3,"op":"encode_transcription","h":"h0","args":{"request":{"audio":"UklG"}}}`,
		`{"id":4,"op":"encode_speech_request","h":"h0","args":{"request":{"input":"a"}}}`,
		`{"id":5,"op":"validate","args":{"cls":"MistralRequestValidatorV3","mode":"test","what":"request","x":{"messages":[{"role":"user","content":"a"}]},"k":{}}}`,
		`{"id":6,"op":"validate","args":{"cls":"MistralRequestValidatorV3","mode":"test","what":"messages","x":[{"role":"assistant","content":"a","prefix":false}],"k":{}}}`,
		`{"id":7,"op":"normalize","args":{"cls":"InstructRequestNormalizer","request":{"messages":[{"role":"user","content":"a"}],"temperature":1.0},"msb":null}}`,
		`{"id":8,"op":"to_openai","args":{` + chunk + `,"x":{"type":"image_url","image_url":"u"},"k":{}}}`,
		`{"id":9,"op":"from_openai","args":{` + chunk + `,"a":[{"type":"image_url","image_url":{"url":"u"}}]}}`,
		`{"id":10,"op":"template","args":{"fn":"build_chat_template","k":{"version":"v3","spm":true}}}`,
		`{"id":11,"op":"grammar","h":"h0","args":{"m":"is_supported"}}`,
		`{"id":12,"op":"grammar","h":"h0","args":{"m":"get_grammar_for_chat_request","k":{"request":{"messages":[]},"template":""}}}`,
		`{"id":13,"op":"info"}`,
	}
	typed, raw := converse(t, Options{Typed: true}, lines...), converse(t, Options{}, lines...)
	require.Len(t, typed, len(lines))
	for i := range lines[:13] {
		assert.Equal(t, typed[i], raw[i])
	}
	assert.Equal(t, `{"typed":9,"raw":0}`, reorder(member(t, typed[13], "ok", "exec")))
	assert.Equal(t, `{"typed":0,"raw":9}`, reorder(member(t, raw[13], "ok", "exec")))

	assert.Equal(t, `"<s>[SUFFIX][PREFIX]def"`, member(t, typed[1], "ok", "text"))
	assert.Equal(t, `[1,3,37133,4]`, member(t, typed[2], "ok", "tokens"))
	assert.Equal(t, `"TokenizerException"`, member(t, typed[3], "err", "type"))
	assert.Equal(t, `"ValidationError"`, member(t, typed[4], "err", "type"))
	assert.Equal(t, `null`, member(t, typed[5], "ok"))
	assert.Equal(t, `"InvalidMessageStructureException"`, member(t, typed[6], "err", "type"))
	assert.Contains(t, member(t, typed[7], "ok"), `"truncate_at_max_tokens":null`)
	assert.Equal(t, `{"type":"image_url","image_url":{"url":"u"}}`, member(t, typed[8], "ok"))
	assert.Contains(t, member(t, typed[9], "ok"), `"detail":null`)
	assert.Contains(t, member(t, typed[10], "ok"), `[INST]`)
	assert.Equal(t, `false`, member(t, typed[11], "ok"))
	assert.Equal(t, `"ValueError"`, member(t, typed[12], "err", "type"))
}

// reorder puts the counts of info in a fixed order.
func reorder(text string) string {
	parts := strings.Split(strings.Trim(text, "{}"), ",")
	if strings.HasPrefix(parts[0], `"raw"`) {
		parts[0], parts[1] = parts[1], parts[0]
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestServe_badArguments(t *testing.T) {
	leakless(t)
	got := converse(t, Options{}, load,
		`{"id":1,"op":"encode_fim","h":"h0","args":{}}`,
		`{"id":2,"op":"encode_fim","h":"h0","args":{"request":{},"max":1}}`,
		`{"id":3,"op":"validate"}`,
		`{"id":4,"op":"validate","args":{"class":"x"}}`,
		`{"id":5,"op":"to_openai","args":{"cls":1}}`,
		`{"id":6,"op":"grammar","args":{"m":"is_supported"}}`,
		`{"id":7,"op":"template","args":{"fn":"exec"}}`,
		`{"id":8,"op":"from_openai","args":{"mod":"os","cls":"system","a":["true"]}}`,
	)
	for i, want := range []string{"BadArguments", "BadArguments", "BadArguments", "BadArguments", "BadArguments", "BadArguments", "UnknownMethod", "UnknownClass"} {
		assert.Equal(t, `"`+want+`"`, member(t, got[i+1], "err", "type"), got[i+1])
	}
}
