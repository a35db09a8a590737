package jsonl

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestServe_fit(t *testing.T) {
	leakless(t)
	chat := `{"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"},{"role":"user","content":"three"}]}`
	answers := converse(t, Options{}, `{"id":0,"op":"load","args":{"name":"v3"}}`,
		`{"id":1,"op":"fit","h":"h0","args":{"request":`+chat+`,"n":100}}`,
		`{"id":2,"op":"fit","h":"h0","args":{"request":`+chat+`,"n":8}}`,
		`{"id":3,"op":"fit","h":"h0","args":{"request":`+chat+`,"n":1}}`,
		`{"id":4,"op":"fit","h":"h0","args":{"request":[],"n":1}}`,
		`{"id":5,"op":"fit","h":"h0","args":{"request":`+chat+`}}`,
		`{"id":6,"op":"fit","h":"h0","args":{"request":{"messages":[1]},"n":1}}`)
	assert.Equal(t, `{"kept":[0,1,2],"count":9}`, member(t, answers[1], "ok"))
	assert.Equal(t, `{"kept":[2],"count":4}`, member(t, answers[2], "ok"))
	for i, want := range []string{"BadArguments", "ValidationError", "BadArguments", "ValidationError"} {
		assert.Equal(t, `"`+want+`"`, member(t, answers[3+i], "err", "type"), answers[3+i])
	}
}
