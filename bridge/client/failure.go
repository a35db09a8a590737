package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// failure is the error of an answer, as the server's routes for this package write it.
type failure struct {
	Reason  bridge.Reason `json:"reason"`
	Message string        `json:"message"`
	Op      string        `json:"op"`
	Input   *struct {
		Place  string `json:"place"`
		Offset int    `json:"offset"`
		Text   string `json:"text"`
	} `json:"input"`
	TokenID *struct {
		Op    string `json:"op"`
		ID    int32  `json:"id"`
		Index int    `json:"index"`
		Words int    `json:"words"`
	} `json:"token_id"`
	Fetch *struct {
		Place   string `json:"place"`
		URL     string `json:"url"`
		Refused bool   `json:"refused"`
	} `json:"fetch"`
}

// readFailure is the error of an answer that is none.
func readFailure(ctx context.Context, q *question, resp *http.Response, text []byte) error {
	f, python, warnings := parseFailure(text)
	seam.TellWarnings(ctx, warnings)
	var raised error
	if python != nil {
		raised = seam.ReadRaised(cmp.Or(f.Op, q.op), python)
		if pe := new(bridge.PyError); errors.As(raised, &pe) {
			pe.Warnings = warnings
		}
	}
	switch {
	case f.TokenID != nil:
		return &bridge.TokenIDError{Op: f.TokenID.Op, ID: f.TokenID.ID, Index: f.TokenID.Index, Words: f.TokenID.Words, Err: raised}
	case f.Input != nil:
		return &mistral.InputError{Place: f.Input.Place, Offset: f.Input.Offset, Err: inputCause(f.Input.Text)}
	case f.Fetch != nil:
		e := &bridge.FetchError{Place: f.Fetch.Place, URL: f.Fetch.URL, Err: errNotFetched}
		if f.Fetch.Refused {
			e.Err = bridge.ErrFetchRefused
		}
		return e
	case raised != nil:
		return raised
	}
	return serverError(q, resp, f)
}

var errNotFetched = errors.New("the server could not get it")

func inputCause(text string) error {
	for _, known := range []error{mistral.ErrInvalidUTF8, mistral.ErrInexact} {
		if text == known.Error() {
			return known
		}
	}
	return errors.New(text)
}

// parseFailure takes an answer apart. The reference's own JSON in it may hold what only Python
// reads, and stays as it is.
func parseFailure(text []byte) (f failure, python []byte, warnings []bridge.Warning) {
	members, err := pyjson.Object(text)
	if err != nil {
		return f, nil, nil // a proxy's, for example
	}
	for _, m := range members {
		switch m.Key {
		case "error":
			own, _ := pyjson.Object(m.Value)
			own = slices.DeleteFunc(own, func(m pyjson.Member) bool {
				if m.Key != "python" {
					return false
				}
				python = m.Value
				return true
			})
			_ = json.Unmarshal(pyjson.AppendObject(nil, own), &f) // what another program says is as good as nothing
		case "warnings":
			warnings, _ = readWarnings(m.Value)
		case "reason": // of /readyz
			_ = json.Unmarshal(m.Value, &f.Message)
		}
	}
	return f, python, warnings
}

func serverError(q *question, resp *http.Response, f failure) error {
	e := &ServerError{Op: q.op, Status: resp.StatusCode, Reason: f.Reason, Message: f.Message}
	if !slices.Contains(bridge.Reasons(), f.Reason) {
		e.Reason = reasonOf(resp.StatusCode)
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		e.Err, e.Message = ErrUnauthorized, ErrUnauthorized.Error()
	case resp.StatusCode == http.StatusNotFound && f.Message == "":
		e.Reason, e.Message = bridge.ReasonInternal, "it has no "+q.path+": it is no mtok serve, or one older than this client"
	default:
		e.Message = cmp.Or(e.Message, http.StatusText(resp.StatusCode))
		e.Err = causeOf(e.Reason, e.Message)
	}
	return e
}

// reasonOf is that of a status whose answer has no word of package bridge's: of a proxy, or of a
// server that is still loading.
func reasonOf(status int) bridge.Reason {
	switch status {
	case http.StatusBadRequest, http.StatusUnsupportedMediaType:
		return bridge.ReasonInvalid
	case http.StatusRequestEntityTooLarge:
		return bridge.ReasonTooLarge
	case http.StatusTooManyRequests:
		return bridge.ReasonOverloaded
	case http.StatusServiceUnavailable:
		return bridge.ReasonClosed
	case http.StatusBadGateway:
		return bridge.ReasonNoWorker
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return bridge.ReasonTimeout
	}
	return bridge.ReasonInternal
}
