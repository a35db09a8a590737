package bridge_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// runs draws a text in which merges depend most on where it ends.
var runs = rapid.Custom(func(t *rapid.T) string {
	return strings.Repeat(rapid.SampledFrom([]string{"a", " ", "=", "\n", "ab", "日", "ha", "-"}).Draw(t, "of"), rapid.IntRange(1, 60).Draw(t, "times")) +
		anyText(3).Draw(t, "rest")
})

// No begin of a text, and no end, that is longer fits.
func TestTruncate_longest(t *testing.T) {
	for _, name := range shippedNames {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, truncateLaw(t, shipped(t, name)))
		})
	}
	_, err := shipped(t, "v3").Truncate(t.Context(), "a", -1)
	assert.ErrorIs(t, err, bridge.ErrInvalidRequest)
	_, err = shipped(t, "v3").TruncateLeftAsync(t.Context(), "a\xff", 1).Await(t.Context())
	assert.ErrorIs(t, err, bridge.ErrInvalidUTF8)
}

func truncateLaw(_ testing.TB, tok *bridge.Tokenizer) func(*rapid.T) {
	return func(r *rapid.T) {
		text := rapid.OneOf(anyText(8), runs).Draw(r, "text")
		n := rapid.IntRange(0, 20).Draw(r, "n")
		left := rapid.Bool().Draw(r, "left")
		want := longest(r, tok, text, n, left)
		cut := tok.Truncate
		if left {
			cut = tok.TruncateLeft
		}
		got, err := cut(r.Context(), text, n)
		require.NoError(r, err)
		require.Equal(r, want, got, "%d tokens of %q", n, text)
	}
}

// longest tries all of them.
func longest(r *rapid.T, tok *bridge.Tokenizer, text string, n int, left bool) string {
	for k := len(text); k > 0; k-- {
		part := text[:k]
		if left {
			part = text[len(text)-k:]
		}
		if !utf8.ValidString(part) {
			continue
		}
		count, err := tok.CountText(r.Context(), part, false, false)
		require.NoError(r, err)
		if count <= n {
			return part
		}
	}
	return ""
}
