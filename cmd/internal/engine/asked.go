package engine

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// UnknownModelError is of a request that names a model that is not served.
type UnknownModelError struct{ Name string }

// Error names the model.
func (e *UnknownModelError) Error() string {
	return fmt.Sprintf("The model `%s` does not exist.", e.Name)
}

// Asked reads a body that Python does not: its members, and the model that it names, or the first
// one where it names none. Errors: ErrLoading; *UnknownModelError; of what is no object in JSON, or
// not UTF-8, an ErrInvalidRequest of the bridge.
func (e *Engine) Asked(body []byte) (*Model, []pyjson.Member, error) {
	set := e.set.Load()
	if set == nil {
		return nil, nil, ErrLoading
	}
	if !utf8.Valid(body) {
		return nil, nil, &mistral.InputError{Place: "the body", Offset: -1, Err: bridge.ErrInvalidUTF8}
	}
	members, err := pyjson.Object(body)
	if err != nil {
		return nil, nil, &mistral.InputError{Place: "the body", Offset: -1, Err: err}
	}
	value := pyjson.Last(members, "model")
	if value == nil || string(value) == "null" {
		return set.list[0], members, nil
	}
	name, ok := pyjson.String(value)
	if !ok {
		return nil, nil, &mistral.InputError{Place: "model", Offset: -1, Err: errNoString}
	}
	m, ok := set.byName[name]
	if !ok {
		return nil, nil, &UnknownModelError{name}
	}
	return m, members, nil
}

var errNoString = errors.New("it has to be a string")
