package server

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// ownError is an error of the server's own routes, as bridge/client reads it.
type ownError struct {
	Reason  string      `json:"reason"`
	Message string      `json:"message"`
	Op      string      `json:"op,omitempty"`
	Input   *ownInput   `json:"input,omitempty"`
	TokenID *ownTokenID `json:"token_id,omitempty"`
	Fetch   *ownFetch   `json:"fetch,omitempty"`
}

// ownInput is a *mistral.InputError.
type ownInput struct {
	Place  string `json:"place"`
	Offset int    `json:"offset"`
	Text   string `json:"text"`
}

// ownTokenID is a *bridge.TokenIDError.
type ownTokenID struct {
	Op    string `json:"op"`
	ID    int32  `json:"id"`
	Index int    `json:"index"`
	Words int    `json:"words"`
}

// ownFetch is a *bridge.FetchError, but for what the network said.
type ownFetch struct {
	Place   string `json:"place"`
	URL     string `json:"url"`
	Refused bool   `json:"refused"`
}

// failOwn says all that the caller's own input explains. What is the server's fault is told in a
// word, as everywhere; so is what its process or its machine cannot do.
func (x *exchange) failOwn(err error, warnings []bridge.Warning) {
	reason := bridge.ReasonOf(err)
	status := reason.HTTPStatus()
	if status != http.StatusBadRequest && status != http.StatusNotFound {
		x.failCall(err)
		return
	}
	e := ownError{Reason: string(reason), Message: err.Error()}
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
		e.TokenID = &ownTokenID{id.Op, id.ID, id.Index, id.Words}
	case errors.As(err, &fetch):
		e.Fetch = &ownFetch{fetch.Place, fetch.URL, errors.Is(err, bridge.ErrFetchRefused)}
		e.Message = "What the request names at " + fetch.Place + " could not be fetched."
	case errors.As(err, &input):
		e.Input = &ownInput{input.Place, input.Offset, input.Err.Error()}
	}
	text := append([]byte(`{"error":`), quoted(e)...)
	if python != nil {
		text = append(append(text[:len(text)-1], `,"python":`...), python...)
		text = append(text, '}')
	}
	text = append(append(text, `,"warnings":`...), warningsJSON(warnings)...)
	x.json(status, string(append(text, '}')))
}

// raisedJSON is what the reference raised, byte for byte but for the traceback, which names
// places of the server.
func raisedJSON(py *bridge.PyError) []byte {
	members, err := pyjson.Object(py.JSON())
	if err != nil {
		return nil
	}
	text := []byte{'{'}
	for _, m := range members {
		if m.Key == "traceback" {
			continue
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(append(append(text, quoted(m.Key)...), ':'), m.Value...)
	}
	return append(text, '}')
}

// ownRefusal is an error of the server itself in the form of its own routes.
func ownRefusal(reason, message string) any {
	return map[string]any{"error": ownError{Reason: reason, Message: message}, "warnings": json.RawMessage("[]")}
}
