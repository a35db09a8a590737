package pyjson

// valid reports whether text is exactly one value. It takes the same texts as the
// scanner but for those that nest more than 64 levels, of which it says no: what it
// refuses is for the scanner to judge. It is the scanner's grammar in one loop, several
// times as fast, for what is large and nearly always right.
func valid(text []byte) bool {
	var objects uint64 // a bit for each open bracket: whether it is an object's
	depth, i := 0, 0
	key := false // a key is due, not a value
	for {
		i = skipSpace(text, i)
		if i == len(text) {
			return false
		}
		c := text[i]
		if key {
			if c != '"' {
				return false
			}
			if i = skipString(text, i+1); i < 0 {
				return false
			}
			if i = skipSpace(text, i); i == len(text) || text[i] != ':' {
				return false
			}
			i, key = i+1, false
			continue
		}
		switch c {
		case '"':
			i = skipString(text, i+1)
		case '{', '[':
			closing := c + 2 // '}' or ']'
			i = skipSpace(text, i+1)
			if i < len(text) && text[i] == closing {
				i++
				break
			}
			if depth == 64 {
				return false
			}
			objects &^= 1 << depth
			if key = c == '{'; key {
				objects |= 1 << depth
			}
			depth++
			continue
		default:
			i = skipScalar(text, i)
		}
		if i < 0 {
			return false
		}
		for { // behind a value
			i = skipSpace(text, i)
			if depth == 0 {
				return i == len(text)
			}
			if i == len(text) {
				return false
			}
			object := objects>>(depth-1)&1 == 1
			if text[i] == ',' {
				i, key = i+1, object
				break
			}
			if text[i] != '}' && text[i] != ']' || (text[i] == '}') != object {
				return false
			}
			i, depth = i+1, depth-1
		}
	}
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

// skipString returns where the string ends whose first character is at i; -1 if it does
// not, or is none.
func skipString(text []byte, i int) int {
	for {
		i += plain(text[i:])
		if i == len(text) || text[i] < ' ' {
			return -1
		}
		if text[i] == '"' {
			return i + 1
		}
		n := escapeLen(text[i:])
		if n == 0 {
			return -1
		}
		i += n
	}
}

// skipScalar returns where the number or the word ends that begins at i; -1 if it is
// neither.
func skipScalar(text []byte, i int) int {
	if c := text[i]; c == '-' || c >= '0' && c <= '9' {
		if n := numberLen(text[i:]); n > 0 {
			return i + n
		}
	}
	for _, word := range words {
		if len(text)-i >= len(word) && string(text[i:i+len(word)]) == word {
			return i + len(word)
		}
	}
	return -1
}
