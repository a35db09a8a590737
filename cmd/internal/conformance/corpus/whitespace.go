package corpus

import (
	"strings"
)

var spaces = []string{" ", "\t", "\n", "\r", "\r\n", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2009", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "▁"}

// whitespace has runs of each kind, alone, around words, and mixed.
func whitespace() []string {
	var all []string
	for n := 1; n <= 24; n++ {
		all = append(all, strings.Repeat(" ", n), "a"+strings.Repeat(" ", n)+"b")
	}
	for _, s := range spaces[1:] {
		for _, n := range []int{1, 2, 3, 8, 17} {
			run := strings.Repeat(s, n)
			all = append(all, run, "a"+run+"b", run+"a", "a"+run)
		}
	}
	for indent := 1; indent <= 12; indent++ {
		all = append(all, "if x:\n"+strings.Repeat(" ", indent)+"y\n"+strings.Repeat(" ", 2*indent)+"z\n")
	}
	r := random(11)
	for range 40 {
		var b strings.Builder
		for range 2 + r.IntN(10) {
			b.WriteString(strings.Repeat(spaces[r.IntN(len(spaces))], 1+r.IntN(4)))
			if r.IntN(3) > 0 {
				b.WriteString([]string{"a", "Word", "1", ".", "é", "字"}[r.IntN(6)])
			}
		}
		all = append(all, b.String())
	}
	return all
}
