package server

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// refuse answers in the words of the route's reference, or in the server's own form.
func (x *exchange) refuse(f engine.Failure) {
	if f == overloaded {
		x.send429()
		return
	}
	if f.RetryAfter > 0 {
		x.w.Header()["Retry-After"] = []string{seconds(f.RetryAfter)}
	}
	x.json(f.Status, string(wordsOf(f, x.route.Route)))
}

func seconds(d time.Duration) string { return strconv.Itoa(int((d + time.Second - 1) / time.Second)) }

// wordsOf is the body of a refusal, in the form of the route's reference, or in the server's own.
func wordsOf(f engine.Failure, r *routes.Route) []byte {
	if r.Server != routes.Library {
		return refserver.ErrorBody{Status: f.Status, Message: f.Message}.JSON(refserver.Route(r.Code))
	}
	text, err := json.Marshal(libraryRefusal(f.Code, f.Message))
	if err != nil {
		return []byte(`{}`) // strings cannot fail
	}
	return text
}

// tooMany is the refusal of which there are more than of any answer when the server is overloaded: it is made once.
type tooMany struct {
	retry, length []string // values of headers, which net/http only reads
	body          []byte
}

func newTooMany(r *routes.Route) *tooMany {
	body := wordsOf(overloaded, r)
	return &tooMany{[]string{seconds(overloaded.RetryAfter)}, []string{strconv.Itoa(len(body))}, body}
}

var (
	tooManyVLLM    = newTooMany(routes.Named("tokenize"))
	tooManyMistral = newTooMany(routes.Named("mistral_tokenize"))
	tooManyLibrary = newTooMany(routes.Named("encode"))
)

func (x *exchange) send429() {
	one, h := tooManyVLLM, x.w.Header()
	switch x.route.Server {
	case routes.Mistral:
		one = tooManyMistral
	case routes.Library:
		one = tooManyLibrary
	}
	h["Content-Type"], h["Content-Length"], h["Retry-After"] = typeJSON, one.length, one.retry
	x.status, x.sent = overloaded.Status, len(one.body)
	x.w.WriteHeader(overloaded.Status)
	_, _ = x.w.Write(one.body) // the caller may have gone
}

func failed(code string, status int, message string) engine.Failure {
	return engine.Failure{Code: code, Status: status, Message: message}
}
