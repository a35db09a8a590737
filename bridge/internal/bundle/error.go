package bundle

import (
	"errors"
	"fmt"
	"strings"
)

// Kinds of an Error; errors.Is finds them.
var (
	ErrNone     = errors.New("there is no bundle")
	ErrNotOne   = errors.New("it is not a bundle")
	ErrDamaged  = errors.New("the bundle is damaged")
	ErrPlatform = errors.New("the bundle is for another platform")
	ErrVersion  = errors.New("the bundle is of another version")
)

// Error is a bundle that cannot be used.
type Error struct {
	Path   string // of the bundle
	Kind   error  // one of the Err… values above
	Reason string
	Fix    string // what to do about it
	Err    error  // the cause, if there is one
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Kind.Error())
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Fix != "" {
		b.WriteString("; " + e.Fix)
	}
	return b.String()
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

const damagedFix = "copy it again, or make it anew with `mtok bundle`"

func damaged(format string, args ...any) *Error {
	return &Error{Kind: ErrDamaged, Reason: fmt.Sprintf(format, args...), Fix: damagedFix}
}

// unreadable is about a stream that ends too early or cannot be decompressed.
func unreadable(err error) *Error {
	return &Error{Kind: ErrDamaged, Err: err, Fix: damagedFix}
}

// at names the bundle in an error of this package; any other passes.
func at(path string, err error) error {
	var known *Error
	if errors.As(err, &known) && known.Path == "" {
		known.Path = path
	}
	return err
}
