package jsonl

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestServe_openAIBody(t *testing.T) {
	leakless(t)
	body := `{"model":"m","stream":true,"temperature":null,"messages":[{"role":"user","name":"Bob","content":"Hello"}]}`
	answers := converse(t, Options{}, `{"id":0,"op":"load","args":{"name":"v3"}}`,
		`{"id":1,"op":"count_openai","h":"h0","args":{"body":`+body+`}}`,
		`{"id":2,"op":"encode_openai","h":"h0","args":{"body":`+body+`,"want":["tokens"]}}`,
		`{"id":3,"op":"count_openai","h":"h0","args":{}}`,
		`{"id":4,"op":"encode_openai","h":"h0","args":{"request":`+body+`}}`,
		`{"id":5,"op":"count_openai","h":"h0","args":{"body":{"messages":[],"functions":[1]}}}`)
	assert.Equal(t, `4`, member(t, answers[1], "ok"))
	assert.Equal(t, `{"tokens":[1,3,23325,4]}`, member(t, answers[2], "ok"))
	for i, want := range []string{"BadArguments", "BadArguments", "UnsupportedField"} {
		assert.Equal(t, `"`+want+`"`, member(t, answers[3+i], "err", "type"), answers[3+i])
	}
}
