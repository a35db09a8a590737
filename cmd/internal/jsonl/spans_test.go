package jsonl

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestServe_spans(t *testing.T) {
	leakless(t)
	answers := converse(t, Options{}, `{"id":0,"op":"load","args":{"name":"v3"}}`,
		`{"id":1,"op":"encode_chat_completion","h":"h0","args":{"request":`+user(`"Hello"`)+`,"want":["tokens","spans"]}}`,
		`{"id":2,"op":"encode_chat_completion","h":"h0","args":{"request":`+user(`"Hello"`)+`}}`,
		`{"id":3,"op":"encode_fim","h":"h0","args":{"request":{"prompt":"a"},"want":["spans"]}}`)
	control := `,"kind":"control","within":null,"weight":1}`
	assert.Equal(t, `{"tokens":[1,3,23325,4],"spans":[{"start":0,"length":1,"message":null,"role":null`+control+
		`,{"start":1,"length":1,"message":0,"role":"user"`+control+
		`,{"start":2,"length":1,"message":0,"role":"user","kind":"text","within":null,"weight":1}`+
		`,{"start":3,"length":1,"message":0,"role":"user"`+control+`]}`, member(t, answers[1], "ok"))
	assert.NotContains(t, answers[2], "spans")
	assert.Equal(t, `{"spans":null}`, member(t, answers[3], "ok"))
}
