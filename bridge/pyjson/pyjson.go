package pyjson

import "slices"

// Member is one member of an object.
type Member struct {
	Key   string // decoded; a lone surrogate in it is U+FFFD
	Name  []byte // the key as it is written, in its quotes
	Value []byte // as it is written, without the space around it
}

// Last is the value of the key, nil where there is none. Of a key that occurs twice it is the
// last, which is the one that json.loads keeps.
func Last(members []Member, key string) []byte {
	for _, m := range slices.Backward(members) {
		if m.Key == key {
			return m.Value
		}
	}
	return nil
}

// AppendObject appends the object of the members, which Object took apart: names and values as
// they were written, without space between them.
func AppendObject(dst []byte, members []Member) []byte {
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, m.Name...), ':'), m.Value...)
	}
	return append(dst, '}')
}

// Check reports whether text is exactly one value, with space around it if any. It does
// not allocate, but for an error and below 64 levels. Errors: *SyntaxError.
func Check(text []byte) error {
	if valid(text) {
		return nil
	}
	_, err := Depth(text)
	return err
}

// Depth checks that text is one value and returns how deeply it nests: 0 for a
// string, a number or a word, 1 for a list of such. Errors: *SyntaxError.
func Depth(text []byte) (int, error) {
	s := scanner{text: text}
	if _, err := s.value(); err != nil {
		return 0, err
	}
	return s.deep, s.end()
}

// Object splits an object into its members, in their order; a key that occurs
// twice is there twice. Errors: *SyntaxError, also if text is no object.
func Object(text []byte) ([]Member, error) {
	s := scanner{text: text}
	if err := s.expect('{', "an object"); err != nil {
		return nil, err
	}
	members := []Member{}
	if s.peek() == '}' {
		s.pos++
		return members, s.end()
	}
	for {
		if s.peek() != '"' {
			return nil, s.unexpected("a key in double quotes")
		}
		name, err := s.str()
		if err != nil {
			return nil, err
		}
		if err := s.expect(':', "':'"); err != nil {
			return nil, err
		}
		value, err := s.value()
		if err != nil {
			return nil, err
		}
		key, _ := unquote(name)
		members = append(members, Member{key, name, value})
		switch s.peek() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return members, s.end()
		default:
			return nil, s.unexpected("',' or '}'")
		}
	}
}

// Array splits a list into its elements. Errors: *SyntaxError, also if text is no
// list.
func Array(text []byte) ([][]byte, error) {
	s := scanner{text: text}
	if err := s.expect('[', "a list"); err != nil {
		return nil, err
	}
	elements := [][]byte{}
	if s.peek() == ']' {
		s.pos++
		return elements, s.end()
	}
	for {
		value, err := s.value()
		if err != nil {
			return nil, err
		}
		elements = append(elements, value)
		switch s.peek() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return elements, s.end()
		default:
			return nil, s.unexpected("',' or ']'")
		}
	}
}

// String decodes a string. It reports false if text is no string, or one that
// UTF-8 cannot hold because of a lone surrogate.
func String(text []byte) (string, bool) {
	s := scanner{text: text}
	if s.peek() != '"' {
		return "", false
	}
	quoted, err := s.str()
	if err != nil || s.end() != nil {
		return "", false
	}
	return unquote(quoted)
}
