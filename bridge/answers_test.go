package bridge_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

func TestPiece_MarshalJSON_roundTrip(t *testing.T) {
	for want, piece := range map[string]vllm.Piece{
		`"a"`: {Text: "a"}, `""`: {}, `"\u003c/s\u003e"`: {Text: "</s>"}, `{"__bytes__":"/w=="}`: {Bytes: []byte{255}}, `{"__bytes__":""}`: {Bytes: []byte{}},
	} {
		t.Run(want, func(t *testing.T) {
			text, err := json.Marshal(piece)
			require.NoError(t, err)
			assert.Equal(t, want, string(text))
			again := vllm.Piece{Text: "of before", Bytes: []byte("of before")}
			require.NoError(t, json.Unmarshal(text, &again))
			assert.Equal(t, piece, again)
		})
	}
	_, err := json.Marshal(vllm.Piece{Text: bad})
	require.ErrorIs(t, err, bridge.ErrInvalidUTF8)
	for _, text := range []string{`{"Text":"a","Bytes":null}`, `{}`, `1`, `{"__bytes__":5}`, ``} {
		t.Run(text, func(t *testing.T) {
			again := vllm.Piece{Text: "kept"}
			require.Error(t, again.UnmarshalJSON([]byte(text)), text)
			assert.Equal(t, "kept", again.Text)
		})
	}
	kept := vllm.Piece{Text: "kept"}
	require.NoError(t, json.Unmarshal([]byte("null"), &kept))
	assert.Equal(t, vllm.Piece{Text: "kept"}, kept)
	for _, name := range []string{"v3", "v3-tekken"} {
		t.Run(name, func(t *testing.T) {
			specials, err := shipped(t, name).Specials(t.Context())
			require.NoError(t, err)
			text, err := json.Marshal(specials)
			require.NoError(t, err)
			var again bridge.Specials
			require.NoError(t, json.Unmarshal(text, &again))
			assert.Equal(t, specials, again)
		})
	}
}

// Answers, and arguments beside a request, quote nothing either.
func TestTokenized_String_quotesNothing(t *testing.T) {
	const secret = "s3cret"
	raw := json.RawMessage(`"` + secret + `"`)
	tools := []mistral.Tool{{Function: mistral.Function{Name: secret}}}
	for want, v := range map[string]any{
		"Tokenized(2 tokens, text of 6 bytes, 1 image)":                bridge.Tokenized{Tokens: []int32{1, 2}, Text: secret, HasText: true, Images: make([]bridge.Image, 1)},
		"Templated(0 tokens, other result of 8 bytes)":                 vllm.Templated{Other: raw},
		"Response(status 200, 1 token, body of 6 bytes and 0 bytes)":   refserver.Response{Status: 200, Head: []byte(secret), Tokens: []int32{1}},
		"Kwarg(value of 8 bytes)":                                      vllm.Kwarg{Name: secret, Value: raw},
		"TemplateOptions(1 tool, chat template of 6 bytes, 1 keyword)": vllm.TemplateOptions{Tools: tools, ChatTemplate: ptr(secret), Kwargs: []vllm.Kwarg{{Name: secret, Value: raw}}},
		"Lark(template of 6 bytes, 1 tool, JSON schema of 8 bytes)":    bridge.Lark{Template: secret, Tools: tools, JSONSchema: raw},
	} {
		assert.Equal(t, want, fmt.Sprint(v))
		assert.Equal(t, "["+want+"]", fmt.Sprintf("%+v", []any{v}))
		logged, ok := v.(slog.LogValuer)
		require.True(t, ok, want)
		assert.Equal(t, want, logged.LogValue().String())
	}
}
