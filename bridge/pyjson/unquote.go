package pyjson

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unquote decodes a string that the scanner has passed; false if it holds a lone
// surrogate, which becomes U+FFFD.
func unquote(quoted []byte) (string, bool) {
	text := quoted[1 : len(quoted)-1]
	var b strings.Builder
	exact, from := true, 0
	for i := 0; i < len(text); {
		if text[i] != '\\' {
			i++
			continue
		}
		if from == 0 {
			b.Grow(len(text))
		}
		b.Write(text[from:i])
		if text[i+1] != 'u' {
			b.WriteByte(plainEscape(text[i+1]))
			i += 2
		} else {
			r, n := unicodeEscape(text[i:])
			if n == 0 {
				r, n, exact = utf8.RuneError, 6, false
			}
			b.WriteRune(r)
			i += n
		}
		from = i
	}
	b.Write(text[from:])
	return b.String(), exact
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// unicodeEscape decodes \uXXXX, or two of them that are one character, and gives
// the length; 0 for a lone surrogate.
func unicodeEscape(text []byte) (rune, int) {
	r, _ := hex4(text)
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hex4(text[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return 0, 0
}

// hex4 reads \uXXXX.
func hex4(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range text[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
