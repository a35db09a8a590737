package bridge

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// InputError is a part of a call's arguments that was refused before anything was
// called: a string that is not UTF-8, raw JSON that is not exactly one value, a message
// that was forgotten. It is always the caller's to mend: errors.Is(err,
// ErrInvalidRequest) holds. It quotes at most one character of what it refuses.
type InputError struct {
	// Place is where in the arguments: messages[1].tool_calls[0].arguments. Empty: all.
	Place string
	// Offset is where in what was given there, in bytes; -1 where there is no such place.
	Offset int
	// Err is ErrInvalidUTF8, a *pyjson.SyntaxError, or another.
	Err error
}

// Error names the place and the byte.
func (e *InputError) Error() string {
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
func (e *InputError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrInvalidRequest) true.
func (e *InputError) Is(target error) bool { return target == ErrInvalidRequest }

// checkJSON is nil for text that is exactly one value, as Python's json.loads reads it.
// noun is what an empty one should have been.
func checkJSON(text []byte, noun string) *InputError {
	if len(text) == 0 {
		return &InputError{Offset: -1, Err: errors.New("empty JSON as " + noun)}
	}
	if !utf8.Valid(text) {
		return notUTF8("", text)
	}
	err := pyjson.Check(text)
	if err == nil {
		return nil
	}
	syntax := err.(*pyjson.SyntaxError) //nolint:errorlint // it has no other
	if syntax.Truncated {
		return &InputError{Offset: len(text), Err: syntax}
	}
	return &InputError{Offset: syntax.Offset, Err: syntax}
}

// notUTF8 says where text, which is not UTF-8, stops being it.
func notUTF8[T string | []byte](place string, text T) *InputError {
	at := 0
	for b := []byte(text); at < len(b); {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		at += n
	}
	return &InputError{Place: place, Offset: at, Err: ErrInvalidUTF8}
}

// within puts the place in front of an error that arose inside it.
func within(place string, err error) error {
	in, ok := err.(*InputError) //nolint:errorlint // the encoder's own, never wrapped
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
