package refserver

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// What is written in the form of a server is read again.
func TestErrorBody(t *testing.T) {
	for _, tt := range []struct {
		name  string
		route Route
		given ErrorBody
		text  string
		read  ErrorBody
	}{
		{
			"vLLM's", RouteTokenize, ErrorBody{Status: 503, Message: "no \"workers\""},
			`{"error":{"message":"no \"workers\"","type":"ServiceUnavailableError","param":null,"code":503}}`,
			ErrorBody{503, `no "workers"`, "ServiceUnavailableError", ""},
		},
		{
			"a field at fault", RouteRenderChat, ErrorBody{400, "bad", "BadRequestError", "model"},
			`{"error":{"message":"bad","type":"BadRequestError","param":"model","code":400}}`,
			ErrorBody{400, "bad", "BadRequestError", "model"},
		},
		{
			"HTTP's word", RouteDetokenize, ErrorBody{Status: 429, Message: "later"},
			`{"error":{"message":"later","type":"Too Many Requests","param":null,"code":429}}`,
			ErrorBody{429, "later", "Too Many Requests", ""},
		},
		{
			"no route", 0, ErrorBody{Status: 499, Message: "gone"},
			`{"error":{"message":"gone","type":"Client Closed Request","param":null,"code":499}}`,
			ErrorBody{499, "gone", "Client Closed Request", ""},
		},
		{
			"mistral_common's", RouteMistralTokenize, ErrorBody{Status: 413, Message: "large"},
			`{"detail":"large"}`,
			ErrorBody{Status: 413, Message: `{"detail":"large"}`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.given.JSON(tt.route)
			assert.Equal(t, tt.text, string(text))
			r := &Response{Status: tt.given.Status, Head: text}
			assert.Equal(t, &tt.read, r.ErrorBody())
		})
	}
	assert.Nil(t, (&Response{Status: 200, Head: []byte(`{"error":{"message":"a text"}}`)}).ErrorBody())
	assert.Equal(t, &ErrorBody{Status: 500, Message: "Internal Server Error"}, (&Response{Status: 500, Head: []byte("Internal Server Error\n")}).ErrorBody())
}

func TestReadResponse(t *testing.T) {
	const none = 0xffffffff
	for _, tt := range []struct {
		name  string
		aux   uint64
		kind  string
		wrong string
	}{
		{"JSON", 200<<32 | none, "application/json", ""},
		{"text", 1<<48 | 500<<32 | none, "text/plain; charset=utf-8", ""},
		{"tokens", 200<<32 | 2, "application/json", ""},
		{"no status", 99<<32 | none, "", "HTTP status 99"},
		{"unknown type", 2<<48 | 200<<32 | none, "", "content type 2"},
		{"beyond the body", 200<<32 | 5, "", "the tokens are at 5 of 4 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := readResponse(&wire.Reply{Body: []byte("body"), Aux: tt.aux})
			if tt.wrong != "" {
				assert.EqualError(t, err, tt.wrong)
				return
			}
			assert.NoError(t, err)
			assert.Equal(t, tt.kind, r.ContentType)
		})
	}
}
