package mistral

import (
	"errors"

	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
)

// Errors that a caller may want to distinguish, with errors.Is.
var (
	// ErrInvalidRequest: the input is at fault. Each *InputError is one, and so is in package
	// bridge what the reference refuses.
	ErrInvalidRequest = errors.New("bridge: the reference rejected the request")
	// ErrInvalidUTF8: a string or a JSON text is not UTF-8.
	ErrInvalidUTF8 = jsonenc.ErrInvalidUTF8
)
