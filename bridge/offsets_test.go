package bridge_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// The tokens are the reference's, they cover the text in order, and what is at the place
// of one is what it stands for.
func TestOffsets_coverText(t *testing.T) {
	for _, name := range shippedNames {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, offsetsLaw(t, shipped(t, name)))
		})
	}
}

func offsetsLaw(_ testing.TB, tok *bridge.Tokenizer) func(*rapid.T) {
	spm := tok.Describe().Raw != "Tekkenizer"
	return func(r *rapid.T) {
		text := anyText(15).Draw(r, "text")
		want, err := tok.EncodeText(r.Context(), text, false, false)
		require.NoError(r, err)
		got, err := tok.Offsets(r.Context(), text)
		require.NoError(r, err)
		require.Equal(r, append([]int32{}, want...), append([]int32{}, got.Tokens...))
		spelled, err := tok.TokenBytes(r.Context(), want)
		require.NoError(r, err)
		require.Len(r, got.Offsets, len(want))
		at := 0
		for i, o := range got.Offsets {
			require.Equal(r, at, o.Start, "token %d of %q", i, text)
			at = o.End
			piece, there := string(spelled[i]), text[o.Start:o.End]
			if spm && i == 0 {
				piece = strings.TrimPrefix(piece, " ")
			}
			if spm {
				there = strings.ReplaceAll(there, "▁", " ")
			}
			require.Equal(r, piece, there)
		}
		require.Equal(r, len(text), at)
	}
}

func TestOffsets(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []bridge.Offset
	}{
		{"v3", "Hello you", []bridge.Offset{{0, 5}, {5, 9}}},
		{"v3", "𐍈", []bridge.Offset{{0, 0}, {0, 1}, {1, 2}, {2, 3}, {3, 4}}},
		{"v3", "𐍈𐍈", []bridge.Offset{{0, 0}, {0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}, {7, 8}}},
		{"v3", "a▁b\n\n", []bridge.Offset{{0, 1}, {1, 5}, {5, 6}, {6, 7}}},
		{"v3", "", nil},
		{"v3-tekken", "Hello you", []bridge.Offset{{0, 5}, {5, 9}}},
		{"v3-tekken", "", []bridge.Offset{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := shipped(t, c.name).OffsetsAsync(t.Context(), c.text).Await(t.Context())
			require.NoError(t, err)
			assert.Equal(t, c.want, got.Offsets, "%s of %q", c.name, c.text)
		})
	}
	_, err := shipped(t, "v3").Offsets(t.Context(), "a\xff")
	require.ErrorIs(t, err, bridge.ErrInvalidUTF8)
}
