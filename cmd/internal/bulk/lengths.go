package bulk

import (
	"fmt"
	"math/bits"
	"slices"
)

// Lengths says how many documents have how many tokens.
type Lengths struct {
	Longest int64 `json:"longest"`
	// Bits[n] is the number of documents whose number of tokens has n binary digits: of none, of 1, of 2 and 3, of 4
	// to 7, and so on.
	Bits []int64 `json:"by_bits"`
}

func (l *Lengths) count(tokens int) {
	n := bits.Len(uint(tokens))
	l.grow(n + 1)
	l.Bits[n]++
	l.Longest = max(l.Longest, int64(tokens))
}

func (l *Lengths) add(o Lengths) {
	l.grow(len(o.Bits))
	for n, count := range o.Bits {
		l.Bits[n] += count
	}
	l.Longest = max(l.Longest, o.Longest)
}

func (l *Lengths) grow(n int) {
	for len(l.Bits) < n {
		l.Bits = append(l.Bits, 0)
	}
}

// known reports whether they were counted, which earlier versions did not.
func (l Lengths) known(c Counts) bool { return len(l.Bits) > 0 || c.Documents+c.Empty == 0 }

func (l Lengths) same(o Lengths) bool { return l.Longest == o.Longest && slices.Equal(l.Bits, o.Bits) }

func (l Lengths) check(c Counts) error {
	all := int64(0)
	for _, count := range l.Bits {
		all += count
	}
	if l.known(c) && all != c.Documents+c.Empty {
		return fmt.Errorf("the lengths are those of %d documents, and there are %d", all, c.Documents+c.Empty)
	}
	return nil
}
