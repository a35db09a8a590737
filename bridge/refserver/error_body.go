package refserver

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// ErrorBody is the body of an answer that is an error. A reference's server answers with its own;
// a program makes one where it refuses a request before Serve, in the form of that server.
type ErrorBody struct {
	Status  int
	Message string
	Type    string // vLLM's word for the error; "": its word for the status
	Param   string // the field at fault, where vLLM names one
}

// vllmError is vLLM's ErrorResponse.
type vllmError struct {
	Error struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    int     `json:"code"`
	} `json:"error"`
}

// errorTypes are the words that vLLM has for a status where it raises the error itself;
// an HTTPException has HTTP's own.
var errorTypes = map[int]string{
	http.StatusInternalServerError: "InternalServerError",
	http.StatusNotFound:            "NotFoundError",
	http.StatusServiceUnavailable:  "ServiceUnavailableError",
	499:                            "Client Closed Request",
	// Go and Python do not agree on the words for this one.
	http.StatusRequestEntityTooLarge: "Content Too Large",
}

// JSON is the body as the server of the route writes it: vLLM's error object, or FastAPI's detail
// for mistral_common's. Of a route that there is not it is vLLM's.
func (e ErrorBody) JSON(route Route) []byte {
	var body any
	if known := routes.Of(int32(route)); known != nil && known.Server == routes.Mistral {
		body = struct {
			Detail string `json:"detail"`
		}{e.Message}
	} else {
		var v vllmError
		v.Error.Message, v.Error.Type, v.Error.Code = e.Message, e.Type, e.Status
		if v.Error.Type == "" {
			v.Error.Type = errorTypes[e.Status]
		}
		if v.Error.Type == "" {
			v.Error.Type = http.StatusText(e.Status)
		}
		if e.Param != "" {
			v.Error.Param = &e.Param
		}
		body = v
	}
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte(`{}`) // strings and a number cannot fail
	}
	return text
}

// ErrorBody is what the answer says of a failure; nil of one that succeeded. Where it has not the form of vLLM's, all of the
// body is the message.
func (s *Response) ErrorBody() *ErrorBody {
	if s.Status < http.StatusBadRequest {
		return nil
	}
	e := &ErrorBody{Status: s.Status}
	var v vllmError
	if err := json.Unmarshal(s.Head, &v); err != nil || v.Error.Message == "" {
		e.Message = string(bytes.TrimSpace(s.Head))
		return e
	}
	e.Message, e.Type = v.Error.Message, v.Error.Type
	if v.Error.Param != nil {
		e.Param = *v.Error.Param
	}
	return e
}
