package bridge

import "unicode/utf8"

const replacement = "\uFFFD"

// bytes appends the whole characters of the tail and more, and keeps the rest as tail.
func (d *Detokenizer) bytes(out []byte, more string) []byte {
	d.tail = append(d.tail, more...)
	rest := d.tail
	for len(rest) > 0 {
		r, n := utf8.DecodeRune(rest)
		if r != utf8.RuneError || n > 1 {
			out, rest = append(out, rest[:n]...), rest[n:]
			continue
		}
		if !utf8.FullRune(rest) {
			break
		}
		out, rest = append(out, replacement...), rest[d.invalid(rest):]
	}
	d.text = d.text || len(out) > 0
	d.tail = append(d.tail[:0], rest...)
	return out
}

// flush appends what is left of a character that nothing can finish any more.
func (d *Detokenizer) flush(out []byte) []byte {
	for rest := d.tail; len(rest) > 0; rest = rest[d.invalid(rest):] {
		out = append(out, replacement...)
		d.text = true
	}
	d.tail = d.tail[:0]
	return out
}

// invalid is how many bytes at the start of b, which begin no character, are one U+FFFD.
// To Python, and so to a Tekkenizer, they are the longest begin of a character that there
// is; to SentencePiece, one byte.
func (d *Detokenizer) invalid(b []byte) int {
	n := 1
	for d.vocab.rules.Bytes && n < len(b) && !utf8.FullRune(b[:n+1]) {
		n++
	}
	return n
}
