package tokentable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Token is one token: its id and the bytes that it stands for.
type Token struct {
	ID    int32
	Piece []byte
}

// visible is a piece as it can be shown on one line, with space for each space;
// nothing in it can move the cursor or change the terminal.
func visible(piece []byte, space rune) string {
	var b strings.Builder
	for i := 0; i < len(piece); {
		r, n := utf8.DecodeRune(piece[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			fmt.Fprintf(&b, `\x%02x`, piece[i])
		case r == '\n':
			b.WriteRune('↵')
		case r == '\t':
			b.WriteRune('⇥')
		case r == ' ':
			b.WriteRune(space)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += n
	}
	if b.Len() == 0 {
		return "∅"
	}
	return b.String()
}
