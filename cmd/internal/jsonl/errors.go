package jsonl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// protoError is an error of the protocol itself; in an answer its module is mtok.
type protoError struct{ kind, text string }

func (e *protoError) Error() string { return e.text }

func badArguments(format string, args ...any) error {
	return &protoError{"BadArguments", fmt.Sprintf(format, args...)}
}

// appendError appends the object of "err".
func appendError(dst []byte, err error) []byte {
	var py *bridge.PyError
	if errors.As(err, &py) {
		if members, err := pyjson.Object(py.JSON()); err == nil {
			keys := []string{"module", "type", "message", "args", "title", "errors"}
			if py.Op == "apply_mistral_chat_template" {
				keys = append(keys, "cause") // all of vLLM's are a ValueError: this distinguishes them
			}
			return appendMembers(dst, members, keys...)
		}
	}
	kind := "Error"
	var own *protoError
	var fetch *bridge.FetchError
	switch {
	case errors.As(err, &fetch):
		kind = "FetchFailed"
	case errors.As(err, new(*bridge.TokenIDError)):
		kind = "TokenID"
	case errors.As(err, new(*bridge.SpecialTokenError)):
		kind = "SpecialToken"
	case errors.As(err, &own):
		kind = own.kind
	case errors.Is(err, bridge.ErrInvalidUTF8):
		kind = "InvalidUTF8"
	case errors.As(err, new(*mistral.InputError)):
		kind = "BadArguments"
	case errors.Is(err, bridge.ErrClosed):
		kind = "Closed"
	case errors.Is(err, bridge.ErrOverloaded):
		kind = "Overloaded"
	case errors.Is(err, bridge.ErrInternal):
		kind = "Internal"
	}
	return AppendJSON(dst, struct {
		Module  string   `json:"module"`
		Type    string   `json:"type"`
		Message string   `json:"message"`
		Args    []string `json:"args"`
	}{"mtok", kind, err.Error(), []string{err.Error()}})
}

// appendMembers appends an object of those members that are there, as they are.
func appendMembers(dst []byte, members []pyjson.Member, keys ...string) []byte {
	open := byte('{')
	for _, key := range keys {
		if text := pyjson.Last(members, key); text != nil {
			dst = append(dst, open)
			dst = append(append(append(append(dst, '"'), key...), '"', ':'), text...)
			open = ','
		}
	}
	return append(dst, '}')
}

// AppendJSON appends v; strings stay readable, for what people look at are often
// the answers with <s> and </s> in them.
func AppendJSON(dst []byte, v any) []byte {
	b := bytes.NewBuffer(dst)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // nothing that is given here can fail
		return append(dst, "null"...)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
