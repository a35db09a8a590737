package mistral

import "github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"

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
func (e *InputError) Error() string { return (*jsonenc.Error)(e).Error() }

// Unwrap returns Err.
func (e *InputError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrInvalidRequest) true.
func (e *InputError) Is(target error) bool { return target == ErrInvalidRequest }

// refused is err as the public type, if it is an Encoder's.
func refused(err error) error {
	if e, ok := err.(*jsonenc.Error); ok { //nolint:errorlint // the Encoder's own, never wrapped
		return (*InputError)(e)
	}
	return err
}
