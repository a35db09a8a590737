package rpc

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func pieces(list ...string) [][]byte {
	out := make([][]byte, len(list))
	for i, p := range list {
		out[i] = []byte(p)
	}
	return out
}

func TestOffsets(t *testing.T) {
	for _, c := range []struct {
		name    string
		text    string
		pieces  [][]byte
		special int
		spm     bool
		want    []uint32
	}{
		{"bytes", "Hello wörld", pieces("<s>", "Hello", " w", "ö", "rld"), 1, false, []uint32{0, 0, 0, 5, 5, 7, 7, 8, 8, 11}},
		{"a character in parts", "a🌍b", pieces("a", "\xf0\x9f", "\x8c", "\x8d", "b"), 0, false, []uint32{0, 1, 1, 2, 1, 2, 1, 2, 2, 3}},
		{"parts of two characters", "éé", pieces("\xc3", "\xa9\xc3", "\xa9"), 0, false, []uint32{0, 1, 0, 2, 1, 2}},
		{"nothing", "", pieces("<s>"), 1, false, []uint32{0, 0}},
		{"the space that SentencePiece puts before", "Hello you", pieces("<s>", "▁Hello", "▁you"), 1, true, []uint32{0, 0, 0, 5, 5, 9}},
		{"that space alone", "🌍", pieces("▁", "<0xF0>", "<0x9F>", "<0x8C>", "<0x8D>"), 0, true, []uint32{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}},
		{"a ▁ of the text's own", "a▁ b", pieces("▁a", "▁▁b"), 0, true, []uint32{0, 1, 1, 4}},
		{"a new line", "a\nb", pieces("▁a", "<0x0A>", "b"), 0, true, []uint32{0, 1, 1, 2, 2, 3}},
	} {
		got, ok := offsets(c.text, c.pieces, c.special, c.spm)
		assert.True(t, ok, c.name)
		assert.Equal(t, c.want, got, c.name)
	}
	for name, c := range map[string]struct {
		text   string
		pieces [][]byte
		spm    bool
	}{
		"another text":   {"Hello", pieces("Hallo"), false},
		"too short":      {"Hello you", pieces("Hello"), false},
		"too long":       {"Hello", pieces("Hello", " you"), false},
		"another byte":   {"\n", pieces("▁", "<0x0B>"), true},
		"a byte no more": {"", pieces("▁", "<0x0B>"), true},
		"no space":       {"ab", pieces("▁a", "▁b"), true},
	} {
		_, ok := offsets(c.text, c.pieces, 0, c.spm)
		assert.False(t, ok, name)
	}
}
