package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
	"github.com/mistralbridge/mistralbridge/cmd/internal/jsonl"
)

// libraryError is an error of the library's routes, as bridge/client reads it.
type libraryError struct {
	Reason  string          `json:"reason"`
	Message string          `json:"message"`
	Op      string          `json:"op,omitempty"`
	Input   *libraryInput   `json:"input,omitempty"`
	TokenID *libraryTokenID `json:"token_id,omitempty"`
	Fetch   *libraryFetch   `json:"fetch,omitempty"`
}

// libraryInput is a *mistral.InputError.
type libraryInput struct {
	Place  string `json:"place"`
	Offset int    `json:"offset"`
	Text   string `json:"text"`
}

// libraryTokenID is a *bridge.TokenIDError.
type libraryTokenID struct {
	Op    string `json:"op"`
	ID    int32  `json:"id"`
	Index int    `json:"index"`
	Words int    `json:"words"`
}

// libraryFetch is a *bridge.FetchError, but for what the network said.
type libraryFetch struct {
	Place   string `json:"place"`
	URL     string `json:"url"`
	Refused bool   `json:"refused"`
}

// failLibrary reports in full what the caller's own input explains. What is the server's fault is reported in a
// word, as everywhere; so is what its process or its machine cannot do.
func (x *exchange) failLibrary(err error, warnings []bridge.Warning) {
	status := bridge.HTTPStatus(err)
	if status != http.StatusBadRequest && status != http.StatusNotFound {
		x.failCall(err)
		return
	}
	x.json(status, string(libraryErrorJSON(err, warnings)))
}

// libraryErrorJSON is an error that the caller's own input explains.
func libraryErrorJSON(err error, warnings []bridge.Warning) []byte {
	e := libraryError{Reason: string(bridge.ReasonOf(err)), Message: err.Error()}
	var python []byte
	var py *bridge.PyError
	if errors.As(err, &py) {
		e.Op, python = py.Op, raisedJSON(py)
	}
	var id *bridge.TokenIDError
	var fetch *bridge.FetchError
	var input *mistral.InputError
	switch {
	case errors.As(err, &id):
		e.TokenID = &libraryTokenID{id.Op, id.ID, id.Index, id.Words}
	case errors.As(err, &fetch):
		e.Fetch = &libraryFetch{fetch.Place, fetch.URL, errors.Is(err, bridge.ErrFetchRefused)}
		e.Message = "What the request names at " + fetch.Place + " could not be fetched."
	case errors.As(err, &input):
		e.Input = &libraryInput{input.Place, input.Offset, input.Err.Error()}
	}
	text := jsonl.AppendJSON([]byte(`{"error":`), e)
	if python != nil {
		text = append(append(text[:len(text)-1], `,"python":`...), python...)
		text = append(text, '}')
	}
	text = jsonl.AppendWarnings(append(text, `,"warnings":`...), warnings)
	return append(text, '}')
}

// raisedJSON is what the reference raised, byte for byte but for the traceback, which names
// places of the server.
func raisedJSON(py *bridge.PyError) []byte {
	members, err := pyjson.Object(py.JSON())
	if err != nil {
		return nil
	}
	return pyjson.AppendObject(nil, slices.DeleteFunc(members, func(m pyjson.Member) bool { return m.Key == "traceback" }))
}

// libraryRefusal is an error of the server itself in the form of its own routes.
func libraryRefusal(reason, message string) any {
	return map[string]any{"error": libraryError{Reason: reason, Message: message}, "warnings": json.RawMessage("[]")}
}
