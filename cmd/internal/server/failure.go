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
	http.StatusNotFound:            "NotFoundError",
	http.StatusServiceUnavailable:  "ServiceUnavailableError",
	engine.StatusClientClosed:      "Client Closed Request",
	// Go and Python do not agree on the words for this one.
	http.StatusRequestEntityTooLarge: "Content Too Large",
}

// refuse answers in the words of the route's reference: vLLM's error object, or FastAPI's
// detail.
func (x *exchange) refuse(f engine.Failure) {
	if f == overloaded {
		x.send429()
		return
	}
	if f.RetryAfter > 0 {
		x.w.Header()["Retry-After"] = []string{seconds(f.RetryAfter)}
	}
	x.json(f.Status, wordsOf(f, x.route.Server == routes.Mistral))
}

func seconds(d time.Duration) string { return strconv.Itoa(int((d + time.Second - 1) / time.Second)) }

// wordsOf is the body of a refusal.
func wordsOf(f engine.Failure, mistral bool) string {
	var body any
	if mistral {
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
		return `{}` // strings and a number cannot fail
	}
	return string(text)
}

// tooMany is the refusal of which there are more than of any answer when too much is asked for: it is made once.
type tooMany struct {
	retry, length []string // values of headers, which net/http only reads
	body          []byte
}

func newTooMany(mistral bool) *tooMany {
	body := wordsOf(overloaded, mistral)
	return &tooMany{[]string{seconds(overloaded.RetryAfter)}, []string{strconv.Itoa(len(body))}, []byte(body)}
}

var tooManyVLLM, tooManyMistral = newTooMany(false), newTooMany(true)

func (x *exchange) send429() {
	one, h := tooManyVLLM, x.w.Header()
	if x.route.Server == routes.Mistral {
		one = tooManyMistral
	}
	h["Content-Type"], h["Content-Length"], h["Retry-After"] = typeJSON, one.length, one.retry
	x.status, x.sent = overloaded.Status, len(one.body)
	x.w.WriteHeader(overloaded.Status)
	_, _ = x.w.Write(one.body) // the caller may have gone
}

func failed(code string, status int, message string) engine.Failure {
	return engine.Failure{Code: code, Status: status, Message: message}
}
