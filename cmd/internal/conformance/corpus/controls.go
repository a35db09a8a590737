package corpus

import (
	"strings"
)

// invisible are the characters that format and that no one sees.
var invisible = []rune{
	0xad, 0x34f, 0x61c, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2061, 0x2064,
	0x2066, 0x2069, 0xfe00, 0xfe0e, 0xfe0f, 0xfeff, 0xfff9, 0xfffc, 0xfffd, 0xfffe, 0xffff, 0xe000, 0xf8ff, 0xe0001, 0xe0020, 0xe007f, 0xf0000, 0x10ffff,
}

// controls has each control character and each invisible one, alone, in a word
// and many together.
func controls() []string {
	var runes []rune
	for r := rune(0); r < 0x20; r++ {
		runes = append(runes, r)
	}
	for r := rune(0x7f); r < 0xa0; r++ {
		runes = append(runes, r)
	}
	runes = append(runes, invisible...)
	var all []string
	for _, r := range runes {
		all = append(all, string(r), "a"+string(r)+"b", strings.Repeat(string(r), 3)+" ")
	}
	rnd := random(19)
	for range 30 {
		var b strings.Builder
		for range 4 + rnd.IntN(8) {
			b.WriteRune(runes[rnd.IntN(len(runes))])
			b.WriteString([]string{"", "x", " ", "é", "9"}[rnd.IntN(5)])
		}
		all = append(all, b.String())
	}
	return append(all, "\x1b[31mred\x1b[0m", "a\bb", "line\x00end", "\ufeffBOM first", "סוף\u200f end\u202e dne")
}
