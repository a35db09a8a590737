package bridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/internal/cpython"
	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Errors that a caller may want to distinguish, with errors.Is.
var (
	// ErrInvalidRequest: the input was refused, by the reference (a *PyError) or before it
	// was called (a *mistral.InputError). HTTPStatus gives more detail.
	ErrInvalidRequest = mistral.ErrInvalidRequest
	// ErrInvalidUTF8: a string or a JSON text is not UTF-8; nothing was called. The error
	// is a *mistral.InputError.
	ErrInvalidUTF8 = mistral.ErrInvalidUTF8
	// ErrOverloaded: the queue is full; try again, or open with WithWaitWhenFull.
	ErrOverloaded = job.ErrOverloaded
	// ErrClosed: the Runtime or the Tokenizer was closed.
	ErrClosed = job.ErrClosed
	// ErrStatic: the program is linked statically, so that it can load no libpython;
	// WithWorkers runs Python in processes of its own.
	ErrStatic = cpython.ErrStatic
	// ErrInternal: the two sides of the bridge disagree, which is a defect.
	ErrInternal = errors.New("bridge: internal error")
)

// CloseError says what Close left behind when its context ended first.
type CloseError struct {
	Running int   // calls that Python was still busy with
	Left    int   // calls in the queue that never ran; each of them got ErrClosed
	Err     error // the context's error
}

// Error says how much was left.
func (e *CloseError) Error() string { return (*job.CloseError)(e).Error() }

// Unwrap returns Err.
func (e *CloseError) Unwrap() error { return e.Err }

// Fault says on whose account Python raised an exception.
type Fault string

// The faults, as pyshim decides them by the place where an exception was raised.
const (
	FaultCaller  Fault = "caller"  // of what was handed over, whatever its class
	FaultUsage   Fault = "usage"   // of what was requested: it does not exist, or not in this tokenizer
	FaultMachine Fault = "machine" // of memory, files, the installation, native code
)

// PyError is a Python exception, as the reference raised it.
type PyError struct {
	Module    string            // module of the exception's class
	Type      string            // its qualified name
	Message   string            // its message attribute where it has one, else str() of it
	Str       string            // str() of it
	Args      []string          // its args, each through str()
	MRO       []string          // "module.name" of its class and every base
	Traceback string            // for a bug report; its end repeats the message, which may quote the request
	Title     string            // pydantic ValidationError: the model's name
	Details   []ValidationError // pydantic ValidationError: its list
	Field     string            // the place of the first detail, as in "messages.0.user.content"
	Cause     *PyCause          // what it was raised from, nil if from nothing
	Op        string            // the operation that failed
	Fault     Fault             // whose fault it is; "" where that is not known
	Place     string            // file:function:line in the reference; it never quotes the request
	Hint      string            // the way out, where the bridge knows one that the message does not say
	Warnings  []Warning         // what the call warned of before it failed
	errors    json.RawMessage
	body      json.RawMessage
}

// PyCause is the __cause__ of a Python exception: vLLM raises a ValueError from
// what mistral_common raised.
type PyCause struct {
	Module  string `json:"module"`
	Type    string `json:"type"`
	Message string `json:"message"`
}

// ValidationError is one entry of a pydantic ValidationError.
type ValidationError struct {
	Type  string          `json:"type"`  // pydantic's name of the error: missing, extra_forbidden
	Loc   []any           `json:"loc"`   // strings and numbers
	Msg   string          `json:"msg"`   // in pydantic's words
	Input json.RawMessage `json:"input"` // a piece of the request (NaN and Infinity are null here): not for logs
	Ctx   json.RawMessage `json:"ctx"`   // what the words were made of, where there is such
}

// Error gives the class and the reference's own text, and the hint. What the bridge's own
// Python side raises comes without its class, which is a *…Error in Go; except for the rules
// about media and downloads, whose text is the same everywhere.
func (e *PyError) Error() string {
	text := e.Op + ": "
	switch {
	case e.Type == "MediaDenied", e.Type == "MediaTooLarge", e.Type == "DownloadFailed":
		text += e.Type + ": "
	case !strings.HasPrefix(e.Module, "pyshim."):
		text += e.Module + "." + e.Type + ": "
	}
	text += e.Message
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// ErrorsJSON is the reference's own JSON of Details, nil if there are none. It
// may hold NaN and Infinity, as Python writes them.
func (e *PyError) ErrorsJSON() json.RawMessage { return e.errors }

// JSON is the whole error as the reference's side wrote it, with the members
// module, type, mro, message, str, args, traceback, fault, place, and hint, title and errors
// where there are any. It may hold what a Go string cannot: lone surrogates, escaped, and
// NaN and Infinity.
func (e *PyError) JSON() json.RawMessage { return e.body }

// IsA reports whether the exception's class is, or is derived from, the class of
// that full name, such as "builtins.ValueError".
func (e *PyError) IsA(class string) bool { return slices.Contains(e.MRO, class) }

// Is makes errors.Is(err, ErrInvalidRequest) true for whatever is raised on account of the
// input: by the reference, by a library that decodes an image or an audio for it, by the
// rules about media. A call that came to Python behind the Close of its tokenizer is
// ErrClosed.
func (e *PyError) Is(target error) bool {
	if target == ErrClosed {
		return e.Module == "pyshim.errors" && e.Type == "UnknownHandle"
	}
	if target != ErrInvalidRequest {
		return false
	}
	switch e.reason() {
	case ReasonRejected, ReasonMediaDenied, ReasonMediaTooLarge:
		return true
	}
	return false
}

// pyErrorJSON is the body of an error reply.
type pyErrorJSON struct {
	Module    string          `json:"module"`
	Type      string          `json:"type"`
	MRO       []string        `json:"mro"`
	Message   string          `json:"message"`
	Str       string          `json:"str"`
	Args      []string        `json:"args"`
	Traceback string          `json:"traceback"`
	Cause     *PyCause        `json:"cause"`
	Title     string          `json:"title"`
	Errors    json.RawMessage `json:"errors"`
	Fault     Fault           `json:"fault"`
	Place     string          `json:"place"`
	Hint      string          `json:"hint"`
}

// replyError is the error that a reply carries, nil for a good one.
func replyError(op string, r *wire.Reply) error {
	if r.Status == wire.StatusOK {
		return nil
	}
	var j pyErrorJSON
	body := jsonenc.WithoutNonFinite(r.Body, true)
	if err := json.Unmarshal(body, &j); err != nil {
		return fmt.Errorf("%w: %s: unreadable error reply: %w", ErrInternal, op, err)
	}
	e := &PyError{
		Module: j.Module, Type: j.Type, Message: j.Message, Str: j.Str, Args: j.Args, MRO: j.MRO,
		Traceback: j.Traceback, Cause: j.Cause, Title: j.Title, Op: op, Fault: j.Fault, Place: j.Place, Hint: j.Hint, body: r.Body,
	}
	if at := bytes.LastIndex(body, j.Errors); len(j.Errors) > 0 {
		e.errors = r.Body[at : at+len(j.Errors)]
	}
	if json.Unmarshal(jsonenc.WithoutNonFinite(e.errors, false), &e.Details) == nil && len(e.Details) > 0 {
		e.Field = location(e.Details[0].Loc)
	}
	return e
}

func location(loc []any) string {
	parts := make([]string, len(loc))
	for i, l := range loc {
		if n, ok := l.(float64); ok {
			parts[i] = strconv.FormatFloat(n, 'f', -1, 64)
			continue
		}
		parts[i] = fmt.Sprint(l)
	}
	return strings.Join(parts, ".")
}
