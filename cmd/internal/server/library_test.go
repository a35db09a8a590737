package server_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// What bridge/client asks, as programs in other languages see it. That it is what the bridge
// gives is tested there, against the command.
func TestLibraryRoutes(t *testing.T) {
	url := serve(t, shared, server.Options{})
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/v1/encode", chat, 200, `{"tokens":[1,3,22177,1044,4304,1033,4],"prefix_ids":null,"warnings":[]}`},
		{"/v1/encode?model=alias&media=true&text=true", chat, 200, `{"tokens":[1,3,22177,1044,4304,1033,4],"prefix_ids":null,"text":"<s>[INST]Hello, world![/INST]","images":[],"audios":[],"warnings":[]}`},
		{"/v1/encode?of=text&bos=true", "Hello, world!", 200, `{"tokens":[1,22177,1044,4304,1033],"warnings":[]}`},
		{"/v1/encode?of=text", "", 200, `{"tokens":[],"warnings":[]}`},
		{"/v1/count?of=text&eos=true", "Hello, world!", 200, `{"count":5,"warnings":[]}`},
		{"/v1/count", chat, 200, `{"count":7,"warnings":[]}`},
		{"/v1/decode?policy=keep", "[1, 22177, 2]", 200, `{"text":"<s>Hello</s>","warnings":[]}`},
		{"/v1/decode", "null", 400, `{"error":{"reason":"invalid_request","message":"bridge: tokens: it has to be a list of ids, whole numbers of 32 bits","input":{"place":"tokens","offset":-1,"text":"it has to be a list of ids, whole numbers of 32 bits"}},"warnings":[]}`},
		{"/v1/decode", "[1, null]", 400, `{"error":{"reason":"invalid_request","message":"bridge: tokens[1]: it is no id, a whole number of 32 bits","input":{"place":"tokens[1]","offset":-1,"text":"it is no id, a whole number of 32 bits"}},"warnings":[]}`},
		{"/v1/decode", "[]", 200, `{"text":"","warnings":[]}`},
		{"/v1/encode?of=text", "\xff", 400, `{"error":{"reason":"invalid_request","message":"bridge: invalid UTF-8 at byte 0","input":{"place":"","offset":0,"text":"` + bridge.ErrInvalidUTF8.Error() + `"}},"warnings":[]}`},
		{"/v1/encode?off=text", chat, 400, `{"error":{"reason":"invalid_request","message":"there is no parameter \"off\"; there are model, of, text, spans, media, plain, max_model_input_len, bos, eos"},"warnings":[]}`},
		{"/v1/count?of=fim", chat, 400, `{"error":{"reason":"invalid_request","message":"of has to be one of chat, openai, text"},"warnings":[]}`},
		{"/v1/count?bos=1", chat, 400, `{"error":{"reason":"invalid_request","message":"bos has to be one of false, true"},"warnings":[]}`},
		{"/v1/count?max_model_input_len=-1", chat, 400, `{"error":{"reason":"invalid_request","message":"max_model_input_len has to be a whole number from 0 to 2147483647"},"warnings":[]}`},
		{"/v1/count?of=text&of=chat", chat, 400, `{"error":{"reason":"invalid_request","message":"of is there more than once"},"warnings":[]}`},
		{"/v1/count?%zz", chat, 400, `{"error":{"reason":"invalid_request","message":"the query cannot be read"},"warnings":[]}`},
		{"/v1/count?model=gpt", chat, 404, `{"error":{"reason":"unknown_tokenizer","message":"there is no model \"gpt\"; there are m, alias"},"warnings":[]}`},
	} {
		t.Run(c.path, func(t *testing.T) {
			a := post(t, url+c.path, c.body)
			assert.Equal(t, c.status, a.status, c.path)
			assert.Equal(t, c.want, a.body, c.path)
			assert.Equal(t, "application/json", a.header.Get("Content-Type"))
		})
	}
	a := post(t, url+"/v1/encode", `{"messages":[]}`)
	assert.Equal(t, 400, a.status)
	assert.Contains(t, a.body, `"op":"encode_chat_completion","python":{"module":"mistral_common.exceptions","type":"InvalidMessageStructureException"`)
	assert.NotContains(t, a.body, "traceback")
	assert.NotContains(t, a.body, "site-packages", "a place of the server's")
	a = post(t, url+"/v1/decode", "[1,-5]")
	assert.Equal(t, 400, a.status)
	assert.Contains(t, a.body, `"token_id":{"op":"decode","id":-5,"index":1,"words":131072}`)

	a = ask(t, "GET", url+"/v1/tokenizers", "")
	assert.Equal(t, 200, a.status)
	assert.Contains(t, a.body, `"data":[{"names":["m","alias"],"max_model_len":32768,"description":{"cls":"InstructTokenizerV3"`)
}

// The server's own refusals have the form of these routes too.
func TestLibraryRoutes_errors(t *testing.T) {
	loading, err := engine.Start(engine.Options{Models: options().Models, Bridge: []bridge.Option{bridge.WithPython("/nope")}})
	assert.NoError(t, err)
	defer func() { assert.NoError(t, loading.Close(t.Context())) }()
	url := serve(t, loading, server.Options{})
	for method, path := range map[string]string{"POST": "/v1/count", "GET": "/v1/tokenizers"} {
		t.Run(method, func(t *testing.T) {
			a := ask(t, method, url+path, chat)
			assert.Equal(t, 503, a.status)
			assert.Equal(t, `{"error":{"reason":"loading","message":"The models are being loaded."},"warnings":[]}`, a.body)
			assert.Equal(t, "1", a.header.Get("Retry-After"))
		})
	}
	url = serve(t, shared, server.Options{MaxBody: 10})
	a := post(t, url+"/v1/encode", chat)
	assert.Equal(t, 413, a.status)
	assert.Equal(t, `{"error":{"reason":"too_large","message":"The request body is larger than the limit of 10 bytes."},"warnings":[]}`, a.body)
}
