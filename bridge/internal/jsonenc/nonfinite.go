package jsonenc

import "bytes"

// Python's json writes NaN, Infinity and -Infinity, which are no JSON. They occur
// in an error that quotes a request which had them.

var nonFinite = [][]byte{[]byte("NaN"), []byte("Infinity"), []byte("-Infinity")}

// WithoutNonFinite returns b with the three words, outside strings, replaced: by
// null, or with blank by a zero of the same length, which keeps every offset. It
// is b itself if there are none.
func WithoutNonFinite(b []byte, blank bool) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(b); i++ {
		if b[i] == '"' {
			i = stringEnd(b, i)
			continue
		}
		for _, word := range nonFinite {
			if !bytes.HasPrefix(b[i:], word) {
				continue
			}
			out = append(out, b[done:i]...)
			if blank {
				out = append(append(out, '0'), bytes.Repeat([]byte{' '}, len(word)-1)...)
			} else {
				out = append(out, "null"...)
			}
			i += len(word) - 1
			done = i + 1
			break
		}
	}
	if done == 0 {
		return b
	}
	return append(out, b[done:]...)
}

// stringEnd is where the JSON string that starts at i has its closing quote.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i
}
