package pyjson

import (
	"encoding/binary"
	"math/bits"
)

// str walks over a string, of which the opening quote is next.
func (s *scanner) str() ([]byte, error) {
	start := s.pos
	for i := s.pos + 1; i < len(s.text); i++ {
		if i += plain(s.text[i:]); i == len(s.text) {
			break
		}
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			return s.text[start:s.pos], nil
		case c < ' ':
			s.pos = i
			return nil, s.fail("a control character in a string, which has to be escaped,")
		case c == '\\':
			n := escapeLen(s.text[i:])
			if n == 0 {
				s.pos = i
				return nil, &SyntaxError{Offset: i, Text: "an escape that JSON does not have", Truncated: cutEscape(s.text[i:])}
			}
			i += n - 1
		}
	}
	s.pos = start
	return nil, &SyntaxError{Offset: start, Text: "a string that does not end", Truncated: true}
}

// plain is how many bytes text begins with that mean themselves in a string: no quote,
// no backslash, no control character. It looks at eight at a time.
func plain(text []byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; len(text)-i >= 8; i += 8 {
		v := binary.LittleEndian.Uint64(text[i:])
		quote, slash := v^('"'*ones), v^('\\'*ones)
		// In each term the lowest high bit is that of the first byte that is zero, or
		// below a space; those above it may be carried.
		found := (quote-ones)&^quote | (slash-ones)&^slash | (v-' '*ones)&^v
		if found &= high; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// cutEscape reports whether text, which begins with a backslash, could be continued to an escape.
func cutEscape(text []byte) bool {
	if len(text) < 2 {
		return true
	}
	if text[1] != 'u' || len(text) >= 6 {
		return false
	}
	for _, c := range text[2:] {
		if !isHex(c) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// escapeLen is the length of the escape that text begins with, 0 if it is none.
func escapeLen(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(text); ok {
			return 6
		}
	}
	return 0
}
