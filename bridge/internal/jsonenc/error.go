package jsonenc

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// ErrInvalidUTF8 is of a text that is not UTF-8.
var ErrInvalidUTF8 = errors.New("bridge: invalid UTF-8")

// Error is what an Encoder refuses, the mistral.InputError of the public packages.
type Error struct {
	// Place is where in the arguments; empty: all.
	Place string
	// Offset is where in what was given there, in bytes; -1 where there is no such place.
	Offset int
	Err    error
}

// Error names the place and the byte.
func (e *Error) Error() string {
	text := e.Err.Error()
	var syntax *pyjson.SyntaxError
	switch {
	case errors.As(e.Err, &syntax) && syntax.Truncated:
		text = fmt.Sprintf("unexpected end of JSON at byte %d", e.Offset)
	case e.Offset >= 0 && syntax == nil:
		text = fmt.Sprintf("%s at byte %d", strings.TrimPrefix(text, "bridge: "), e.Offset)
	}
	if e.Place == "" {
		return "bridge: " + text
	}
	return "bridge: " + e.Place + ": " + text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// CheckJSON is nil for text that is exactly one value, as Python's json.loads reads it.
// noun is what an empty one should have been.
func CheckJSON(text []byte, noun string) *Error {
	if len(text) == 0 {
		return &Error{Offset: -1, Err: errors.New("empty JSON as " + noun)}
	}
	if !utf8.Valid(text) {
		return NotUTF8("", text)
	}
	err := pyjson.Check(text)
	if err == nil {
		return nil
	}
	syntax := err.(*pyjson.SyntaxError) //nolint:errorlint // it has no other
	if syntax.Truncated {
		return &Error{Offset: len(text), Err: syntax}
	}
	return &Error{Offset: syntax.Offset, Err: syntax}
}

// NotUTF8 says where text, which is not UTF-8, stops being it.
func NotUTF8[T string | []byte](place string, text T) *Error {
	at := 0
	for b := []byte(text); at < len(b); {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		at += n
	}
	return &Error{Place: place, Offset: at, Err: ErrInvalidUTF8}
}

// Within puts the place in front of an error that arose inside it.
func Within(place string, err error) error {
	in, ok := err.(*Error) //nolint:errorlint // the Encoder's own, never wrapped
	if !ok {
		return err
	}
	switch {
	case in.Place == "":
		in.Place = place
	case in.Place[0] == '[':
		in.Place = place + in.Place
	default:
		in.Place = place + "." + in.Place
	}
	return in
}

// Element is the place of an element in a list.
func Element(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// IsNil reports whether v is nothing, or a nil pointer.
func IsNil(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil()
}
