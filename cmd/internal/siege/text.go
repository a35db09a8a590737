//go:build linux

package main

import "strings"

// texts are those that take up the most for their size, as JSON has them: kinds of which a token is a byte or little more.
func texts(n int) map[string]string {
	han := func(i int) rune { return rune(0x4e00 + i*7919%20000) }
	rare := func(i int) rune { return rune(0x12000 + i*31%900) } // of cuneiform each byte is a token
	return map[string]string{
		"words":  strings.Repeat("hello world ", n/12),
		"digits": strings.Repeat("0123456789", n/10),
		"Han":    runes(n, han),
		"bytes":  runes(n, rare),
		"mixed":  runes(n, func(i int) rune { return []rune{'a', '1', 'é', han(i), 0x301, ' ', 0x1F600, rare(i), '{', '7'}[i%10] }),
	}
}

// runes are so many that they have no more than n bytes.
func runes(n int, at func(int) rune) string {
	var b strings.Builder
	b.Grow(n)
	for i := 0; b.Len()+4 <= n; i++ {
		b.WriteRune(at(i))
	}
	return b.String()
}

// many repeats an item of a list of JSON until it has n bytes.
func many(item string, n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", max(1, n/(len(item)+1))), ",") + "]"
}
