package bridge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/mistraltest"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// FuzzAgainstPython asks the real reference twice: with a request as it is written, in
// its plain call, and with what the Go types made of it. Tokens, and errors to the
// last word, have to be the same. So have the tokens by the shortcuts.
func FuzzAgainstPython(f *testing.F) {
	for _, text := range mistraltest.Exact {
		f.Add([]byte(text))
	}
	for _, blank := range []string{" ", `\n`, `\r\n`, `\t`, `\u00a0`, `\u3000`, `\u2028`, `\u000b`, `\f`, `\u001c`, `\u001f`, `\u0085`} {
		said := blank + "a" + blank
		f.Add([]byte(`{"messages":[{"role":"system","content":"` + said + `"},{"role":"user","content":"` + said +
			`"},{"role":"assistant","content":"` + said + `"},{"role":"user","content":"` + said + `"}]}`))
	}
	f.Add([]byte(`{"messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"b":1.0,"a":{}}}}],"top_p":1.0}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		req, err := mistral.ParseChatCompletionRequest(text)
		if err != nil {
			return
		}
		for _, name := range []string{"v3", "v3-tekken", "v7"} {
			sameAsWritten(t, keep(t, name), req, text)
		}
	})
}

// Requests that are drawn, against the real reference.
func TestEncodeChat_asParsed(t *testing.T) {
	tok := shipped(t, "v3")
	for _, text := range mistraltest.Exact {
		req, err := mistral.ParseChatCompletionRequest([]byte(text))
		require.NoError(t, err)
		sameAsWritten(t, tok, req, []byte(text))
	}
}

func sameAsWritten(t *testing.T, tok *bridge.Tokenizer, req *mistral.ChatCompletionRequest, text []byte) {
	t.Helper()
	want, wantErr := tok.EncodeChatJSON(t.Context(), text, bridge.WithPlain(), bridge.WithText())
	got, err := tok.EncodeChat(t.Context(), req, bridge.WithText())
	if wantErr == nil {
		require.NoError(t, err, string(text))
		require.Equal(t, want.Tokens, got.Tokens, string(text))
		require.Equal(t, want.Text, got.Text, string(text))
		require.Equal(t, want.PrefixIDs, got.PrefixIDs, string(text))
		// With every shortcut: what was seen twice has a layout, which the third call takes.
		for range 3 {
			short, err := tok.EncodeChatJSON(t.Context(), text)
			require.NoError(t, err, string(text))
			require.Equal(t, want.Tokens, short.Tokens, string(text))
		}
		return
	}
	var a, b *bridge.PyError
	require.ErrorAs(t, wantErr, &a, string(text))
	require.ErrorAs(t, err, &b, string(text))
	require.Equal(t, a.Module+"."+a.Type, b.Module+"."+b.Type, string(text))
	require.Equal(t, a.Message, b.Message, string(text))
	require.Equal(t, string(a.ErrorsJSON()), string(b.ErrorsJSON()), string(text))
}
