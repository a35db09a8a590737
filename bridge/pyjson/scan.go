package pyjson

import (
	"fmt"
	"unicode/utf8"
)

// scanner walks over a text. Nesting is kept on a stack of its own, so that no
// depth of it can exhaust the goroutine's.
type scanner struct {
	text  []byte
	pos   int
	stack brackets
	deep  int // the most that stack has held
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
		return &SyntaxError{Offset: s.pos, Text: "the text ends where " + what + " was expected", Truncated: true}
	}
	r, _ := utf8.DecodeRune(s.text[s.pos:])
	if r == '\ufeff' {
		return s.fail("a byte order mark, without which the text is to be saved, where " + what + " was expected")
	}
	return s.fail(fmt.Sprintf("%q where %s was expected", r, what))
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
	start, base := s.pos, s.stack.n
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
			s.deep = max(s.deep, s.stack.n+1)
			return false, nil
		}
		s.push('}')
		return true, s.name()
	case '[':
		s.pos++
		if s.peek() == ']' {
			s.pos++
			s.deep = max(s.deep, s.stack.n+1)
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
	for s.stack.n > base {
		closing := s.stack.top()
		switch s.peek() {
		case closing:
			s.pos++
			s.stack.n--
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
	s.stack.push(closing)
	s.deep = max(s.deep, s.stack.n)
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

// scalar walks over a number or a word.
func (s *scanner) scalar(c byte) error {
	for _, word := range words {
		if c >= '0' && c <= '9' {
			break
		}
		if word[0] != c {
			continue
		}
		rest := s.text[s.pos:min(s.pos+len(word), len(s.text))]
		if string(rest) == word {
			s.pos += len(word)
			return nil
		}
		if string(rest) == word[:len(rest)] {
			return &SyntaxError{Offset: s.pos, Text: "a word that does not end", Truncated: true}
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
