package pyjson

import "fmt"

// scanner walks over a text. Nesting is kept on a stack of its own, so that no
// depth of it can exhaust the goroutine's.
type scanner struct {
	text  []byte
	pos   int
	stack []byte // the closing brackets that are due
	deep  int    // the longest that stack has been
}

func (s *scanner) fail(what string) error { return &SyntaxError{Offset: s.pos, Text: what} }

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek is the next byte that is no space, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.pos == len(s.text) {
		return 0
	}
	return s.text[s.pos]
}

func (s *scanner) expect(c byte, what string) error {
	if s.peek() != c {
		return s.unexpected(what)
	}
	s.pos++
	return nil
}

func (s *scanner) unexpected(what string) error {
	if s.pos >= len(s.text) {
		return s.fail("the text ends where " + what + " was expected")
	}
	return s.fail(fmt.Sprintf("%q where %s was expected", s.text[s.pos], what))
}

// end checks that nothing follows.
func (s *scanner) end() error {
	if s.peek() != 0 || s.pos < len(s.text) {
		return s.unexpected("the end")
	}
	return nil
}

// value walks over one value and returns its text.
func (s *scanner) value() ([]byte, error) {
	s.space()
	start, base := s.pos, len(s.stack)
	for {
		opened, err := s.begin()
		if err != nil {
			return nil, err
		}
		if opened {
			continue
		}
		done, err := s.after(base)
		if err != nil {
			return nil, err
		}
		if done {
			return s.text[start:s.pos], nil
		}
	}
}

// begin walks over a scalar, an empty container, or the opening of a container up
// to its first value, in which case it returns true.
func (s *scanner) begin() (bool, error) {
	switch c := s.peek(); c {
	case '{':
		s.pos++
		if s.peek() == '}' {
			s.pos++
			s.deep = max(s.deep, len(s.stack)+1)
			return false, nil
		}
		s.push('}')
		return true, s.name()
	case '[':
		s.pos++
		if s.peek() == ']' {
			s.pos++
			s.deep = max(s.deep, len(s.stack)+1)
			return false, nil
		}
		s.push(']')
		return true, nil
	case '"':
		_, err := s.str()
		return false, err
	default:
		return false, s.scalar(c)
	}
}

// after walks from the end of a value to the next one; true if there is none
// above the depth base.
func (s *scanner) after(base int) (bool, error) {
	for len(s.stack) > base {
		closing := s.stack[len(s.stack)-1]
		switch s.peek() {
		case closing:
			s.pos++
			s.stack = s.stack[:len(s.stack)-1]
			continue
		case ',':
			s.pos++
			if closing == '}' {
				return false, s.name()
			}
			return false, nil
		}
		return false, s.unexpected(fmt.Sprintf("%q or %q", ',', closing))
	}
	return true, nil
}

func (s *scanner) push(closing byte) {
	s.stack = append(s.stack, closing)
	s.deep = max(s.deep, len(s.stack))
}

// name walks over a key and its colon.
func (s *scanner) name() error {
	if s.peek() != '"' {
		return s.unexpected("a key in double quotes")
	}
	if _, err := s.str(); err != nil {
		return err
	}
	return s.expect(':', "':'")
}

// str walks over a string, of which the opening quote is next.
func (s *scanner) str() ([]byte, error) {
	start := s.pos
	for i := s.pos + 1; i < len(s.text); i++ {
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
				return nil, s.fail("an escape that JSON does not have")
			}
			i += n - 1
		}
	}
	s.pos = start
	return nil, s.fail("a string that does not end")
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

// scalar walks over a number or a word.
func (s *scanner) scalar(c byte) error {
	for _, word := range words {
		if word[0] == c && len(s.text)-s.pos >= len(word) && string(s.text[s.pos:s.pos+len(word)]) == word {
			s.pos += len(word)
			return nil
		}
	}
	n := numberLen(s.text[s.pos:])
	if n == 0 {
		return s.unexpected("a value")
	}
	s.pos += n
	return nil
}

var words = [...]string{"true", "false", "null", "NaN", "Infinity", "-Infinity"}

func numberLen(text []byte) int {
	i := 0
	if i < len(text) && text[i] == '-' {
		i++
	}
	switch whole := digits(text[i:]); {
	case whole == 0:
		return 0
	case text[i] == '0':
		i++ // json.loads stops here too, and then meets what it did not expect
	default:
		i += whole
	}
	if i < len(text) && text[i] == '.' {
		if n := digits(text[i+1:]); n > 0 {
			i += 1 + n
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		j := i + 1
		if j < len(text) && (text[j] == '+' || text[j] == '-') {
			j++
		}
		if n := digits(text[j:]); n > 0 {
			i = j + n
		}
	}
	return i
}

func digits(text []byte) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}
