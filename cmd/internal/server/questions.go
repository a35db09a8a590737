package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/jsonl"
)

// question is one that the bridge answers, in JSON, and no server of a reference. It returns the
// number of tokens too.
type question func(ctx context.Context, tok *bridge.Tokenizer, body []byte, members []pyjson.Member) ([]byte, int, error)

// asks is the handler of a question. Where there is no place for its body, nothing of it is read.
func asks(q question) handler {
	return func(s *Server, x *exchange) {
		if x.admit() {
			s.ask(x, q)
		}
	}
}

func (s *Server) ask(x *exchange, q question) {
	ctx, cancel := context.WithTimeout(x.r.Context(), s.o.Timeout)
	defer cancel()
	if contentType(x.r.Header) != "" {
		x.refuse(failed("", http.StatusBadRequest, "Unsupported Media Type: Only 'application/json' is allowed"))
		return
	}
	if !s.reserveFrame(x.body, 2) {
		x.fail(overloaded)
		return
	}
	model, members, err := s.engine.Asked(x.body.body())
	if err != nil {
		x.refuseQuestion(err)
		return
	}
	x.called = time.Now()
	answer, tokens, err := q(ctx, model.Tokenizer(), x.body.body(), members)
	x.answered = time.Now()
	if err != nil {
		x.refuseQuestion(err)
		return
	}
	x.tokens, x.received = tokens, len(x.body.body())
	x.body = s.reserveAnswer(x.body, int64(len(answer)))
	x.answer(&refserver.Response{Status: http.StatusOK, ContentType: typeJSON[0], Head: answer})
}

// refuseQuestion reports what is wrong with a request in the words of the code that refused
// it, and what else went wrong as other routes do.
func (x *exchange) refuseQuestion(err error) {
	var unknown *engine.UnknownModelError
	var raised *bridge.PyError
	f := engine.Classify(err)
	switch {
	case errors.As(err, &unknown):
		x.refuse(failed("", http.StatusNotFound, unknown.Error()))
	case !errors.Is(err, bridge.ErrInvalidRequest):
		x.failCall(err)
	case errors.As(err, &raised):
		f.Message = raised.Message
		x.refuse(f)
	default:
		f.Message = err.Error()
		x.refuse(f)
	}
}

func count(ctx context.Context, tok *bridge.Tokenizer, body []byte, _ []pyjson.Member) ([]byte, int, error) {
	n, err := tok.CountOpenAI(ctx, body)
	if err != nil {
		return nil, 0, err
	}
	return written(struct {
		Count int `json:"count"`
	}{n}, n)
}

func spans(ctx context.Context, tok *bridge.Tokenizer, body []byte, _ []pyjson.Member) ([]byte, int, error) {
	done, err := tok.EncodeOpenAI(ctx, body, bridge.WithSpans(), bridge.WithoutMedia())
	if err != nil {
		return nil, 0, err
	}
	return written(struct {
		Tokens []int32         `json:"tokens"`
		Spans  json.RawMessage `json:"spans"`
	}{done.Tokens, jsonl.AppendSpans(nil, done.Spans)}, len(done.Tokens))
}

func offsets(ctx context.Context, tok *bridge.Tokenizer, _ []byte, members []pyjson.Member) ([]byte, int, error) {
	text, ok := pyjson.String(pyjson.Last(members, "text"))
	if !ok {
		return nil, 0, &mistral.InputError{Place: "text", Offset: -1, Err: errors.New("it has to be a string")}
	}
	found, err := tok.Offsets(ctx, text)
	if err != nil {
		return nil, 0, err
	}
	return jsonl.AppendOffsets(nil, found), len(found.Tokens), nil
}

func written(v any, tokens int) ([]byte, int, error) {
	text, err := json.Marshal(v)
	return text, tokens, err
}
