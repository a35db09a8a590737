package pyjson

// brackets are the closing brackets that are due, a bit for each, so that the usual
// depths need no memory.
type brackets struct {
	n     int
	first uint64   // of the outermost 64
	more  []uint64 // of those below, 64 to a word
}

func (b *brackets) push(closing byte) {
	bit := uint64(1) << (b.n % 64)
	word := &b.first
	if at := b.n/64 - 1; at >= 0 {
		if at == len(b.more) {
			b.more = append(b.more, 0)
		}
		word = &b.more[at]
	}
	*word &^= bit
	if closing == '}' {
		*word |= bit
	}
	b.n++
}

// top is the innermost one.
func (b *brackets) top() byte {
	i := b.n - 1
	word := b.first
	if at := i/64 - 1; at >= 0 {
		word = b.more[at]
	}
	if word>>(i%64)&1 == 1 {
		return '}'
	}
	return ']'
}
