package jsonl

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

// The answers of a real vLLM are compared in testdata/parity; this environment has
// none.

func TestServe_vllmNotInstalled(t *testing.T) {
	leakless(t)
	answers := converse(t, Options{},
		`{"id":1,"op":"load_vllm","args":{"name":"v3"}}`,
		`{"id":2,"op":"load","args":{"name":"v3"}}`,
		`{"id":3,"op":"apply_mistral_chat_template","h":"h0","args":{"messages":[]}}`,
		`{"id":4,"op":"vllm_raw","h":"h7","args":{"m":"encode","a":["a"]}}`,
		`{"id":5,"op":"load_vllm","args":{"name":"v3","mode":"test"}}`,
		`{"id":6,"op":"load_vllm","args":{}}`,
	)
	require.Len(t, answers, 6)
	assert.Equal(t, `"MissingVllm"`, member(t, answers[0], "err", "type"))
	assert.Contains(t, member(t, answers[0], "err", "message"), "mtok setup --with vllm")
	assert.NotEmpty(t, member(t, answers[1], "ok", "h"))
	assert.Contains(t, member(t, answers[2], "err", "message"), "load it with load_vllm")
	assert.Equal(t, `"UnknownHandle"`, member(t, answers[3], "err", "type"))
	assert.Equal(t, `"BadArguments"`, member(t, answers[4], "err", "type"))
	assert.Equal(t, `"BadArguments"`, member(t, answers[5], "err", "type"))
}

// A handle of load_vllm is not said to be unknown where mistral_common's is wanted.
func TestServer_tokenizer_vllm(t *testing.T) {
	s := &Server{vllms: map[string]*vllm.Tokenizer{"h0": {}}}
	_, err := s.tokenizer(&request{op: "encode_fim", h: "h0"})
	assert.ErrorContains(t, err, `the tokenizer "h0" was loaded by load_vllm, and encode_fim needs one of mistral_common: load it with load`)
	_, err = s.tokenizer(&request{op: "encode_fim", h: "h1"})
	assert.ErrorContains(t, err, `there is no tokenizer "h1"; none is loaded`)
}

func TestParseTemplate(t *testing.T) {
	for args, typed := range map[string]bool{
		`{"messages":[{"role":"user","content":"a"}]}`:                                            true,
		`{"messages":[{"role":"user","content":"a"}],"tools":null,"chat_template":null}`:          true,
		`{"messages":[{"role":"user","content":"a"}],"kwargs":{"max_length":1e3,"x":NaN}}`:        true,
		`{"messages":[{"role":"user","content":"a"}],"chat_template":"t","tools":[],"kwargs":{}}`: true,
		`{"messages":null}`: false,
		`{"messages":[{"role":"user","content":"a"}],"tools":3}`:         false,
		`{"messages":[{"role":"user","content":"a"}],"chat_template":3}`: false,
		`{"messages":[{"role":"user","content":"\ud800"}]}`:              false,
		`{"messages":[{"role":"user","content":"a"}],"kwargs":[1]}`:      false,
	} {
		members, err := pyjson.Object([]byte(args))
		require.NoError(t, err, args)
		messages, opts, ok := parseTemplate(&request{text: []byte(args), args: members})
		assert.Equal(t, typed, ok, args)
		if ok {
			assert.Len(t, messages, 1, args)
			assert.Equal(t, pyjson.Last(members, "kwargs") != nil && len(opts.Kwargs) == 0, string(pyjson.Last(members, "kwargs")) == "{}", args)
		}
	}
}
