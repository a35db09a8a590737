package jsonl

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestServe_offsets(t *testing.T) {
	leakless(t)
	answers := converse(t, Options{}, `{"id":0,"op":"load","args":{"name":"v3"}}`,
		`{"id":1,"op":"offsets","h":"h0","args":{"text":"Hello 𐍈"}}`,
		`{"id":1,"op":"offsets","h":"h0","args":{"text":""}}`,
		`{"id":1,"op":"offsets","h":"h0","args":{}}`)
	assert.Equal(t, `{"tokens":[23325,29473,1011,915,912,907],"offsets":[[0,5],[5,6],[6,7],[7,8],[8,9],[9,10]]}`, member(t, answers[1], "ok"))
	assert.Equal(t, `{"tokens":[],"offsets":[]}`, member(t, answers[2], "ok"))
	assert.Equal(t, `"BadArguments"`, member(t, answers[3], "err", "type"))
}
