package rpc

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// ends are offsets that cover a text.
func ends(list ...int) []bridge.Offset {
	out, at := make([]bridge.Offset, len(list)), 0
	for i, end := range list {
		out[i] = bridge.Offset{Start: at, End: end}
		at = end
	}
	return out
}

func TestCharacters(t *testing.T) {
	for _, c := range []struct {
		name    string
		text    string
		offsets []bridge.Offset
		special int
		want    []uint32
	}{
		{"bytes", "Hello wörld", ends(5, 7, 9, 12), 1, []uint32{0, 0, 0, 5, 5, 7, 7, 8, 8, 11}},
		{"a character in parts", "a🌍b", ends(1, 3, 4, 5, 6), 0, []uint32{0, 1, 1, 2, 1, 2, 1, 2, 2, 3}},
		{"parts of two characters", "éé", ends(1, 3, 4), 0, []uint32{0, 1, 0, 2, 1, 2}},
		{"nothing", "", nil, 1, []uint32{0, 0}},
		{"the space that SentencePiece puts before", "Hello you", ends(5, 9), 1, []uint32{0, 0, 0, 5, 5, 9}},
		{"that space alone", "🌍", ends(0, 1, 2, 3, 4), 0, []uint32{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}},
		{"a ▁ of the text's own", "a▁ b", ends(1, 6), 0, []uint32{0, 1, 1, 4}},
		{"a new line", "a\nb", ends(1, 2, 3), 0, []uint32{0, 1, 1, 2, 2, 3}},
	} {
		assert.Equal(t, c.want, characters(c.text, c.offsets, c.special), c.name)
	}
}
