package corpus

import (
	"strings"
)

// long are texts of 2 to 32 KB: the merges of a whole text, and what is quadratic.
func long() []string {
	repeat := func(s string, size int) string { return strings.Repeat(s, size/len(s)) }
	r := random(23)
	var mixed strings.Builder
	for mixed.Len() < 16<<10 {
		mixed.WriteString(sentences[r.IntN(len(sentences))])
		mixed.WriteString([]string{" ", "\n", "\n\n", "\t"}[r.IntN(4)])
	}
	base := make([]byte, 6<<10)
	for i := range base {
		base[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[r.IntN(64)]
	}
	return []string{
		repeat("word ", 8<<10), repeat("The river had risen in the night. ", 32<<10), repeat("a", 4<<10), repeat(" ", 4<<10), repeat("\n", 2<<10),
		repeat("ab", 4<<10), repeat("今日は天気", 6<<10), repeat("👩‍👩‍👧‍👦", 4<<10), repeat("1234567890", 4<<10), repeat("=-", 4<<10), repeat("[INST]", 4<<10),
		repeat("\x00", 2<<10), repeat(snippets[0]+"\n", 16<<10), strings.Join(sentences, "\n"), mixed.String(), string(base),
		repeat("e\u0301", 4<<10), repeat("aA", 4<<10), repeat(" \t", 2<<10), repeat("ж", 4<<10),
	}
}
