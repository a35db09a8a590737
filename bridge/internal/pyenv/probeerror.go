package pyenv

import (
	"errors"
	"strings"
)

// Kinds of refusal; errors.Is finds them in a *ProbeError.
var (
	ErrProbe           = errors.New("the Python was not asked to the end")
	ErrPythonNotFound  = errors.New("no such Python")
	ErrNotExecutable   = errors.New("the Python cannot be run")
	ErrProbeTimeout    = errors.New("the Python did not answer in time")
	ErrPythonCrashed   = errors.New("the Python cannot start")
	ErrNotPython       = errors.New("the program is not a Python")
	ErrNotCPython      = errors.New("the Python is not a CPython")
	ErrPythonTooOld    = errors.New("the Python is too old")
	ErrFreeThreaded    = errors.New("the Python is free-threaded")
	ErrNoSharedLibrary = errors.New("the Python has no shared library to embed")
)

// ProbeError says why a Python cannot be used.
type ProbeError struct {
	Executable  string
	Kind        error  // one of the Err… values above
	Detail      string // what was seen
	Output      string // what the Python printed, shortened
	Fix         string // what to do about it
	Err         error  // the cause, if there is one
	Interpreter *Interpreter
}

func (e *ProbeError) Error() string {
	var b strings.Builder
	if e.Executable != "" {
		b.WriteString(e.Executable + ": ")
	}
	b.WriteString(e.Kind.Error())
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Output != "" {
		b.WriteString("; it said: " + e.Output)
	}
	if e.Fix != "" {
		b.WriteString("; " + e.Fix)
	}
	return b.String()
}

// Unwrap gives the kind and the cause.
func (e *ProbeError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
