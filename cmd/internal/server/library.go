package server

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/jsonl"
)

// The routes of the library give what package bridge gives: they are what bridge/client
// asks. A body is the request byte for byte, and the query says the rest.

// parameters are the query of such a route.
type parameters struct {
	url.Values

	wrong string // the first thing that is wrong with it
}

// parameters reads the query, which may have these parameters and "model".
func (x *exchange) parameters(names ...string) *parameters {
	q := &parameters{}
	var err error
	if q.Values, err = url.ParseQuery(x.r.URL.RawQuery); err != nil {
		q.wrong = "the query cannot be read"
	}
	for name, values := range q.Values {
		switch {
		case name != "model" && !slices.Contains(names, name):
			q.wrong = "there is no parameter " + strconv.Quote(name) + "; there are model, " + strings.Join(names, ", ")
		case len(values) > 1:
			q.wrong = name + " is there more than once"
		}
	}
	return q
}

// is reads a parameter that is true or false; absent it is false.
func (q *parameters) is(name string) bool { return q.one(name, "false", "true") == "true" }

// one reads a parameter that is one of these words; absent it is the first.
func (q *parameters) one(name string, words ...string) string {
	if !q.Has(name) {
		return words[0]
	}
	if word := q.Get(name); slices.Contains(words, word) {
		return word
	}
	q.wrong = name + " has to be one of " + strings.Join(words, ", ")
	return words[0]
}

// length reads a number of tokens; absent it is -1.
func (q *parameters) length(name string) int {
	if !q.Has(name) {
		return -1
	}
	n, err := strconv.ParseInt(q.Get(name), 10, 32)
	if err != nil || n < 0 {
		q.wrong = name + " has to be a whole number from 0 to 2147483647"
	}
	return int(n)
}

// libraryAnswer is what an answer has, beside the warnings: a piece of JSON behind its "{", and how many
// tokens it has.
type libraryAnswer struct {
	text   []byte
	tokens int
}

// answerLibrary makes the call on the tokenizer that the query names, and answers with what it says.
func (x *exchange) answerLibrary(q *parameters, call func(context.Context, *bridge.Tokenizer) (libraryAnswer, error)) {
	tok := x.tokenizer(q)
	if tok == nil {
		return
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), x.s.o.Timeout)
	defer cancel()
	var warnings []bridge.Warning
	ctx = bridge.NotifyWarnings(ctx, func(w []bridge.Warning) { warnings = append(warnings, w...) })
	x.called = time.Now()
	answer, err := call(ctx, tok)
	x.answered = time.Now()
	if err != nil {
		x.failLibrary(err, warnings)
		return
	}
	text := jsonl.AppendWarnings(append(answer.text, `,"warnings":`...), warnings)
	text = append(text, '}')
	x.tokens, x.received, x.sent = answer.tokens, len(x.body.body()), len(text)
	x.body = x.s.reserveAnswer(x.body, int64(cap(text)))
	x.w.Header()["Content-Type"] = typeJSON
	x.status = http.StatusOK
	x.send(func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(text) // the caller may have gone
	})
}

// tokenizer is the one that the query names; nil: there is none, or the query is wrong, and the
// caller has the error.
func (x *exchange) tokenizer(q *parameters) *bridge.Tokenizer {
	loaded := x.s.engine.Models()
	switch {
	case loaded == nil:
		x.fail(engine.Classify(engine.ErrLoading))
		return nil
	case q.wrong != "":
		x.refuse(failed(string(bridge.ReasonInvalid), http.StatusBadRequest, q.wrong))
		return nil
	}
	name := q.Get("model")
	if name == "" {
		return loaded[0].Tokenizer()
	}
	var names []string
	for _, m := range loaded {
		if slices.Contains(m.Names, name) {
			return m.Tokenizer()
		}
		names = append(names, m.Names...)
	}
	x.refuse(failed(string(bridge.ReasonUnknownTokenizer), http.StatusNotFound,
		"there is no model "+strconv.Quote(name)+"; there are "+strings.Join(names, ", ")))
	return nil
}
