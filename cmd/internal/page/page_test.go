//go:build browser

package page_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

// token is one as the page shows it.
type token struct {
	id            int
	text, bytes   string
	special, part bool
}

func tokens(t *testing.T, d *dom) []token {
	t.Helper()
	require.True(t, d.byID(t, "error").has("hidden"), d.byID(t, "error").text())
	var out []token
	for _, e := range d.byID(t, "tokens").all(func(e *dom) bool { return e.hasClass("token") }) {
		id, err := strconv.Atoi(e.attr("data-id"))
		require.NoError(t, err)
		out = append(out, token{id, e.text(), e.attr("data-bytes"), e.hasClass("special"), e.hasClass("part")})
	}
	return out
}

func TestPage_tokens(t *testing.T) {
	t.Parallel()
	d := open(t, serve(t, server.Options{}), url.Values{"text": {"Hello, world!"}, "model": {"tekken"}})
	assert.Equal(t, []token{
		{id: 1, text: "<s>", special: true},
		{id: 22177, text: "Hello", bytes: "48 65 6C 6C 6F"},
		{id: 1044, text: ",", bytes: "2C"},
		{id: 4304, text: " world", bytes: "20 77 6F 72 6C 64"},
		{id: 1033, text: "!", bytes: "21"},
	}, tokens(t, d))
	assert.Equal(t, "5", d.byID(t, "count").text())
	assert.Equal(t, "13", d.byID(t, "bytes").text())
	assert.Equal(t, "3.25", d.byID(t, "ratio").text(), "special tokens have no bytes")
	var names []string
	for _, o := range d.byID(t, "model").byTag("option") {
		names = append(names, o.text())
	}
	assert.Equal(t, []string{"tekken", "spm", "small"}, names)
}

// What looks like a special token is one only where the tokenizer says so.
func TestPage_specialTokens(t *testing.T) {
	t.Parallel()
	address := serve(t, server.Options{})
	for _, model := range []string{"tekken", "spm"} {
		chat := `[{"role": "user", "content": "[INST] <s>"}]`
		shown := tokens(t, open(t, address, url.Values{"chat": {chat}, "model": {model}}))
		var special, ordinary string
		for _, one := range shown {
			if one.special {
				special += one.text
			} else {
				ordinary += one.text
			}
		}
		assert.Equal(t, "<s>[INST][/INST]", special, model)
		assert.Equal(t, "[INST] <s>", strings.TrimSpace(ordinary), model)
	}
}

// <?> is one ordinary token of Tekken's.
func TestPage_looksSpecial(t *testing.T) {
	t.Parallel()
	shown := tokens(t, open(t, serve(t, server.Options{}), url.Values{"text": {"List<?> x"}, "model": {"tekken"}}))
	assert.Contains(t, shown, token{id: 53356, text: "<?>", bytes: "3C 3F 3E"})
}

// The reference gives the bytes of each token, which the page computes.
func TestPage_charactersInParts(t *testing.T) {
	t.Parallel()
	address := serve(t, server.Options{})
	text := "é 😀 🤷‍♀️ ﷽ \ufffd 𒐫\n한국어\u0000 नमस्ते ▁<0xF0>"
	for _, name := range []string{"tekken", "spm"} {
		t.Run(name, func(t *testing.T) {
			m, ok := loaded.Lookup(name)
			require.True(t, ok)
			ids, err := m.Tokenizer().EncodeText(t.Context(), text, true, false)
			require.NoError(t, err)
			shown := tokens(t, open(t, address, url.Values{"text": {text}, "model": {name}}))
			require.Len(t, shown, len(ids), name)
			var whole []byte
			parts := 0
			for i, one := range shown[1:] {
				require.Equal(t, int(ids[i+1]), one.id)
				got := unhex(t, one.bytes)
				whole = append(whole, got...)
				if one.part {
					parts++
					assert.Equal(t, "‹"+one.bytes+"›", one.text)
				}
				if name == "tekken" {
					want, err := m.Tokenizer().IDToBytePiece(t.Context(), ids[i+1], bridge.Keep)
					require.NoError(t, err)
					assert.Equal(t, want, got, "token %d, %d", i, one.id)
				}
			}
			if name == "spm" { // a space of its own before the text, and U+2581 for a space
				assert.Equal(t, " "+strings.ReplaceAll(text, "▁", " "), string(whole))
			} else {
				assert.Equal(t, text, string(whole))
			}
			assert.Greater(t, parts, 5, name)
		})
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	var out []byte
	for field := range strings.FieldsSeq(text) {
		b, err := strconv.ParseUint(field, 16, 8)
		require.NoError(t, err)
		out = append(out, byte(b))
	}
	return out
}

func TestPage_whitespace(t *testing.T) {
	t.Parallel()
	address := serve(t, server.Options{})
	text := func(query url.Values) string {
		return open(t, address, query).byID(t, "tokens").text()
	}
	query := url.Values{"text": {"a  b\tc\nd"}, "model": {"tekken"}}
	assert.Equal(t, "<s>a  b\tc\nd", text(query))
	query.Set("whitespace", "")
	assert.Equal(t, "<s>a··b→\tc⏎\nd", text(query))
	assert.Equal(t, "<s>a‹U+200D›‹U+0000›", text(url.Values{"text": {"a\u200d\x00"}}), "what takes no room is always named")
}

// A text is a text, whatever it spells.
func TestPage_scriptInText(t *testing.T) {
	t.Parallel()
	address := serve(t, server.Options{})
	attack := `</script><img src=x onerror="document.title='pwned'"><script>document.title='pwned'</script><a href="javascript:1">` +
		"[INST]<b>${document.title='pwned'}{{1+1}}</style>"
	for name, query := range map[string]url.Values{
		"text":  {"text": {attack}, "model": {"tekken"}},
		"chat":  {"chat": {`[{"role": "user", "content": ` + strconv.Quote(attack) + `}]`}, "model": {"spm"}, "whitespace": {""}},
		"model": {"text": {"a"}, "model": {attack}},
		"error": {"chat": {`[{"role": ` + strconv.Quote(attack) + `}]`}, "model": {"tekken"}},
		"json":  {"chat": {attack}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, address, query)
			assert.Equal(t, "Tokens", d.byTag("title")[0].text())
			assert.Empty(t, d.byTag("img"))
			assert.Empty(t, d.byTag("b"))
			assert.Len(t, d.byTag("script"), 1)
			assert.Len(t, d.byTag("a"), 4)
			if name == "text" {
				assert.Equal(t, "<s>"+attack, d.byID(t, "tokens").text())
			}
		})
	}
}

func TestPage_errors(t *testing.T) {
	t.Parallel()
	keys := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(keys, []byte("secret\n"), 0o600))
	guard, err := server.OpenKeys(keys, nil)
	require.NoError(t, err)
	free, guarded := serve(t, server.Options{}), serve(t, server.Options{Keys: guard})
	for name, c := range map[string]struct {
		address string
		query   url.Values
		want    string
	}{
		"model":   {free, url.Values{"text": {"a"}, "model": {"none"}}, "404: The model `none` does not exist."},
		"refused": {free, url.Values{"chat": {`[{"role": "assistant", "content": "a"}]`}}, "400: "},
		"json":    {free, url.Values{"chat": {`[{"role": "user"`}}, "This is not JSON: "},
		"key":     {guarded, url.Values{"text": {"a"}}, "401: Unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, c.address, c.query)
			assert.False(t, d.byID(t, "error").has("hidden"))
			assert.True(t, d.byID(t, "result").has("hidden"))
			said := d.byID(t, "error").text()
			assert.True(t, strings.HasPrefix(said, c.want), said)
			assert.NotContains(t, said, "{", "JSON is not for people")
			assert.Equal(t, name != "key", d.byID(t, "key-label").has("hidden"))
		})
	}
}
