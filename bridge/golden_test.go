package bridge_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// goldenFile is one of testdata/golden, which the plain reference wrote.
type goldenFile struct {
	Versions  map[string]string
	Tokenizer string
	Cases     []goldenCase
}

type goldenCase struct {
	Name, Op    string
	Request     json.RawMessage // chat
	Input       string          // text
	BOS, EOS    bool
	IDs, Policy json.RawMessage // decode
	Tokens      []int32
	Text        string
	Error       *struct{ Module, Type, Message string }
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../testdata/golden/*.json")
	require.NoError(t, err)
	require.Len(t, files, len(shippedNames))
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { goldenTokenizer(t, file) })
	}
}

func goldenTokenizer(t *testing.T, file string) {
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	var g goldenFile
	require.NoError(t, json.Unmarshal(raw, &g))
	require.NotEmpty(t, g.Cases)
	packages := shared.Info().Packages
	for name, version := range g.Versions {
		if packages[name] != version {
			t.Logf("%s %s wrote the file, %s answers", name, version, packages[name])
		}
	}
	tok := shipped(t, g.Tokenizer)
	for _, c := range g.Cases {
		t.Run(c.Name, func(t *testing.T) { goldenOne(t, tok, c) })
	}
}

// The chats and the texts of a file, all in one call each.
func TestGolden_many(t *testing.T) {
	for _, name := range shippedNames {
		raw, err := os.ReadFile("../testdata/golden/" + name + ".json")
		require.NoError(t, err)
		var g goldenFile
		require.NoError(t, json.Unmarshal(raw, &g))
		tok := shipped(t, g.Tokenizer)
		var chats [][]byte
		var wanted []goldenCase
		for _, c := range g.Cases {
			switch c.Op {
			case "chat":
				chats = append(chats, c.Request)
				wanted = append(wanted, c)
			case "text":
				got, err := tok.EncodeTexts(t.Context(), []string{"before", c.Input, "behind"}, c.BOS, c.EOS)
				require.NoError(t, err)
				goldenAnswer(t, c, got[1].Value, got[1].Err)
			}
		}
		require.NotEmpty(t, chats)
		got, err := tok.EncodeChatsJSON(t.Context(), chats)
		require.NoError(t, err)
		for i, c := range wanted {
			var tokens []int32
			if got[i].Err == nil {
				tokens = got[i].Value.Tokens
			}
			goldenAnswer(t, c, tokens, got[i].Err)
		}
	}
}

func goldenAnswer(t *testing.T, c goldenCase, tokens []int32, err error) {
	t.Helper()
	if c.Error != nil {
		pe := pyError(t, err, c.Error.Module+"."+c.Error.Type)
		assert.Equal(t, c.Error.Message, pe.Message, c.Name)
		return
	}
	require.NoError(t, err, c.Name)
	assert.True(t, slices.Equal(c.Tokens, tokens), c.Name)
}

func goldenOne(t *testing.T, tok *bridge.Tokenizer, c goldenCase) {
	var tokens []int32
	var text string
	var err error
	switch c.Op {
	case "chat":
		var out *bridge.Tokenized
		out, err = tok.EncodeChatJSON(t.Context(), c.Request)
		if err == nil {
			tokens = out.Tokens
		}
	case "text":
		tokens, err = tok.EncodeText(t.Context(), c.Input, c.BOS, c.EOS)
	case "decode":
		text, err = tok.DecodeJSON(t.Context(), []byte(`{"tokens":`+string(c.IDs)+`,"policy":`+string(c.Policy)+`}`))
	default:
		t.Fatalf("unknown op %s", c.Op)
	}
	if c.Error != nil {
		pe := pyError(t, err, c.Error.Module+"."+c.Error.Type)
		assert.Equal(t, c.Error.Message, pe.Message)
		assert.ErrorIs(t, err, bridge.ErrInvalidRequest)
		return
	}
	require.NoError(t, err)
	if len(c.Tokens) > 0 || len(tokens) > 0 {
		assert.Equal(t, c.Tokens, tokens)
	}
	assert.Equal(t, c.Text, text)
}
