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

func TestSplit_coversText(t *testing.T) {
	for _, name := range shippedNames {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, splitLaw(t, shipped(t, name)))
		})
	}
}

func splitLaw(_ testing.TB, tok *bridge.Tokenizer) func(*rapid.T) {
	return func(r *rapid.T) {
		text := rapid.OneOf(anyText(25), runs).Draw(r, "text")
		n := rapid.IntRange(8, 30).Draw(r, "n")
		overlap := rapid.IntRange(0, n-1).Draw(r, "overlap")
		b := rapid.SampledFrom([]bridge.Boundary{bridge.AtCharacter, bridge.AtWord, bridge.AtLine}).Draw(r, "boundary")
		sections, err := tok.Split(r.Context(), text, n, overlap, b)
		require.NoError(r, err)
		last := bridge.Offset{}
		for i, s := range sections {
			require.LessOrEqual(r, s.Start, last.End)
			require.Greater(r, s.End, last.End)
			require.True(r, i == 0 || s.Start > last.Start)
			part := text[s.Start:s.End]
			require.True(r, utf8.ValidString(part))
			count, err := tok.CountText(r.Context(), part, false, false)
			require.NoError(r, err)
			require.Equal(r, count, s.Tokens)
			require.LessOrEqual(r, count, n)
			if overlap == 0 {
				require.Equal(r, last.End, s.Start)
			}
			again, err := tok.CountText(r.Context(), text[s.Start:last.End], false, false)
			require.NoError(r, err)
			require.LessOrEqual(r, again, max(overlap, 0))
			if b == bridge.AtCharacter {
				rest, err := tok.Truncate(r.Context(), text[s.Start:], n)
				require.NoError(r, err)
				require.Equal(r, rest, part)
			}
			last = s.Offset
		}
		require.Equal(r, len(text), last.End)
	}
}

func TestSplit_boundaries(t *testing.T) {
	tok := shipped(t, "v3-tekken")
	text := "One line of text.\nAnother line of text,\nand the last of them"
	for b, ends := range map[bridge.Boundary]string{
		bridge.AtLine: "One line of text.\n|Another line of text,\n|and the last of them",
		bridge.AtWord: "One line of text.\nAnother line|",
	} {
		sections, err := tok.SplitAsync(t.Context(), text, 7, 0, b).Await(t.Context())
		require.NoError(t, err)
		var parts []string
		for _, s := range sections {
			parts = append(parts, text[s.Start:s.End])
		}
		if b == bridge.AtLine {
			assert.Equal(t, ends, strings.Join(parts, "|"))
			continue
		}
		assert.True(t, strings.HasPrefix(strings.Join(parts, "|"), ends), "%q", parts)
	}
}

func TestSplit_errors(t *testing.T) {
	tok := shipped(t, "v3")
	for name, c := range map[string]struct {
		text       string
		n, overlap int
		b          bridge.Boundary
	}{
		"no tokens": {"a", 0, 0, ""}, "all again": {"a", 5, 5, ""}, "less than none": {"a", 5, -1, ""},
		"another boundary": {"a", 5, 0, "page"}, "no UTF-8": {"\xff", 5, 0, ""}, "a large character": {"a 𐍈", 3, 0, ""},
	} {
		_, err := tok.Split(t.Context(), c.text, c.n, c.overlap, c.b)
		require.ErrorIs(t, err, bridge.ErrInvalidRequest, name)
	}
	sections, err := tok.Split(t.Context(), "", 1, 0, "")
	require.NoError(t, err)
	assert.Empty(t, sections)
}
