package bridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Errors that a caller may want to tell apart, with errors.Is.
var (
	// ErrInvalidRequest: the input was refused, by the reference (a *PyError) or before it
	// was called (an *InputError).
	ErrInvalidRequest = errors.New("bridge: the reference rejected the request")
	// ErrInvalidUTF8: a string or a JSON text is not UTF-8; nothing was called. The error
	// is an *InputError.
	ErrInvalidUTF8 = errors.New("bridge: invalid UTF-8")
	// ErrOverloaded: the queue is full; try again, or open with WithWaitWhenFull.
	ErrOverloaded = executor.ErrOverloaded
	// ErrClosed: the Runtime or the Tokenizer was closed.
	ErrClosed = executor.ErrClosed
	// ErrInternal: the two sides of the bridge disagree, which is a defect.
	ErrInternal = errors.New("bridge: internal error")
)

// CloseError says what Close left behind when its context ended first.
type CloseError = executor.CloseError

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
	Type  string          `json:"type"`
	Loc   []any           `json:"loc"` // strings and numbers
	Msg   string          `json:"msg"`
	Input json.RawMessage `json:"input"` // a piece of the request (NaN and Infinity are null here): not for logs
	Ctx   json.RawMessage `json:"ctx"`
}

// Error gives the class and the reference's own text.
func (e *PyError) Error() string {
	return fmt.Sprintf("%s: %s.%s: %s", e.Op, e.Module, e.Type, e.Message)
}

// ErrorsJSON is the reference's own JSON of Details, nil if there are none. It
// may hold NaN and Infinity, as Python writes them.
func (e *PyError) ErrorsJSON() json.RawMessage { return e.errors }

// JSON is the whole error as the reference's side wrote it, with the members
// module, type, mro, message, str, args, traceback, and title and errors where
// there are any. It may hold what a Go string cannot: lone surrogates, escaped, and
// NaN and Infinity.
func (e *PyError) JSON() json.RawMessage { return e.body }

// IsA reports whether the exception's class is, or is derived from, the class of
// that full name, such as "builtins.ValueError".
func (e *PyError) IsA(class string) bool { return slices.Contains(e.MRO, class) }

// Is makes errors.Is(err, ErrInvalidRequest) true for whatever the reference
// raises on account of its input: every Exception, that is, but those that say
// that the machine is at fault. A call that came to Python behind the Close of
// its tokenizer is ErrClosed.
func (e *PyError) Is(target error) bool {
	if target == ErrClosed {
		return e.Module == "pyshim.errors" && e.Type == "UnknownHandle"
	}
	if target != ErrInvalidRequest {
		return false
	}
	for _, fault := range []string{"builtins.MemoryError", "builtins.ImportError", "builtins.OSError"} {
		if e.IsA(fault) {
			return false
		}
	}
	return e.IsA("builtins.Exception") && !strings.HasPrefix(e.Module, "pyshim.")
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
}

// replyError is the error that a reply carries, nil for a good one.
func replyError(op string, r *wire.Reply) error {
	if r.Status == wire.StatusOK {
		return nil
	}
	var j pyErrorJSON
	body := withoutNonFinite(r.Body, true)
	if err := json.Unmarshal(body, &j); err != nil {
		return fmt.Errorf("%w: %s: unreadable error reply: %w", ErrInternal, op, err)
	}
	e := &PyError{
		Module: j.Module, Type: j.Type, Message: j.Message, Str: j.Str, Args: j.Args, MRO: j.MRO,
		Traceback: j.Traceback, Cause: j.Cause, Title: j.Title, Op: op, body: r.Body,
	}
	if at := bytes.LastIndex(body, j.Errors); len(j.Errors) > 0 {
		e.errors = r.Body[at : at+len(j.Errors)]
	}
	if json.Unmarshal(withoutNonFinite(e.errors, false), &e.Details) == nil && len(e.Details) > 0 {
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
