package server

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// errorTypes are the words that vLLM has for a status where it raises the error itself;
// an HTTPException has HTTP's own.
var errorTypes = map[int]string{
	http.StatusInternalServerError: "InternalServerError",
	http.StatusServiceUnavailable:  "ServiceUnavailableError",
	engine.StatusClientClosed:      "Client Closed Request",
	// Go and Python do not agree on the words for this one.
	http.StatusRequestEntityTooLarge: "Content Too Large",
}

// refuse answers in the words of the route's reference: vLLM's error object, or FastAPI's
// detail.
func (x *exchange) refuse(f engine.Failure) {
	if f.RetryAfter > 0 {
		x.w.Header()["Retry-After"] = []string{strconv.Itoa(int((f.RetryAfter + time.Second - 1) / time.Second))}
	}
	var body any
	if x.route.Server == routes.Mistral {
		body = struct {
			Detail string `json:"detail"`
		}{f.Message}
	} else {
		var e struct {
			Error struct {
				Message string  `json:"message"`
				Type    string  `json:"type"`
				Param   *string `json:"param"`
				Code    int     `json:"code"`
			} `json:"error"`
		}
		e.Error.Message, e.Error.Type, e.Error.Code = f.Message, errorTypes[f.Status], f.Status
		if e.Error.Type == "" {
			e.Error.Type = http.StatusText(f.Status)
		}
		body = e
	}
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte(`{}`) // strings and a number cannot fail
	}
	x.json(f.Status, string(text))
}

func failed(code string, status int, message string) engine.Failure {
	return engine.Failure{Code: code, Status: status, Message: message}
}
