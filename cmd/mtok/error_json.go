package main

import (
	"errors"
	"io"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// errorJSON is what stderr has of an error under --json. stdout stays empty then.
type errorJSON struct {
	Message string `json:"message"`
	Reason  string `json:"reason"` // a bridge.Reason
	Exit    int    `json:"exit"`
	Class   string `json:"class,omitempty"` // of a Python exception that the reference raised
	Field   string `json:"field,omitempty"` // its place in the request
	Hint    string `json:"hint,omitempty"`
	Retry   bool   `json:"retry"`
}

func printErrorJSON(w io.Writer, err error, message string, exit int) {
	e := errorJSON{Message: message, Reason: string(bridge.ReasonOf(err)), Exit: exit, Retry: bridge.Retryable(err)}
	switch exit { // what only a command line knows
	case exitUsage:
		e.Reason = string(bridge.ReasonUsage)
		if unknown := (*bridge.UnknownTokenizerError)(nil); errors.As(err, &unknown) {
			e.Reason = string(bridge.ReasonUnknownTokenizer)
		}
	case exitEnvironment:
		e.Reason = string(bridge.ReasonEnvironment)
	}
	var py *bridge.PyError
	if errors.As(err, &py) {
		e.Field, e.Hint = py.Field, py.Hint
		if !strings.HasPrefix(py.Module, "pyshim.") {
			e.Class = py.Module + "." + py.Type
		}
	}
	_ = printJSON(w, struct {
		Error errorJSON `json:"error"`
	}{e}) // there is nowhere else to report
}
