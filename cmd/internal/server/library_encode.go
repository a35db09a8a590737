package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/jsonl"
)

type encodeJSON = func(*bridge.Tokenizer, context.Context, []byte, ...bridge.EncodeOption) (*bridge.Tokenized, error)

// ofText is the kind of a body that is a text, and no request.
const ofText = "text"

// copiesOf is how often there is a body of a kind besides: as a frame, and a text as a string.
func copiesOf(of string) int64 {
	if of == ofText {
		return 2
	}
	return 1
}

// encoders are the kinds of requests, by the word that the query has for them.
var encoders = map[string]encodeJSON{
	"chat": (*bridge.Tokenizer).EncodeChatJSON, "openai": (*bridge.Tokenizer).EncodeOpenAI,
	"instruct": (*bridge.Tokenizer).EncodeInstructJSON, "fim": (*bridge.Tokenizer).EncodeFIMJSON,
	"transcription": (*bridge.Tokenizer).EncodeTranscriptionJSON, "speech": (*bridge.Tokenizer).EncodeSpeechRequestJSON,
}

// encode answers POST /v1/encode.
func (s *Server) encode(x *exchange) {
	q := x.parameters("of", "text", "spans", "media", "plain", "max_model_input_len", "bos", "eos")
	of := q.one("of", "chat", "openai", "instruct", "fim", "transcription", "speech", ofText)
	want, opts := q.parts()
	bos, eos := q.is("bos"), q.is("eos")
	if !x.admitCopied(copiesOf(of)) {
		return
	}
	x.answerLibrary(q, func(ctx context.Context, tok *bridge.Tokenizer) (libraryAnswer, error) {
		done := &bridge.Tokenized{}
		var err error
		if of == ofText {
			want = want[:1]
			done.Tokens, err = tok.EncodeText(ctx, string(x.body.body()), bos, eos)
		} else {
			done, err = encoders[of](tok, ctx, x.body.body(), opts...)
		}
		if err != nil {
			return libraryAnswer{}, err
		}
		text := jsonl.AppendTokenized(nil, done, want)
		return libraryAnswer{text[:len(text)-1], len(done.Tokens)}, nil
	})
}

// countTokens answers POST /v1/count.
func (s *Server) countTokens(x *exchange) {
	q := x.parameters("of", "plain", "max_model_input_len", "bos", "eos")
	of := q.one("of", "chat", "openai", ofText)
	_, opts := q.parts()
	bos, eos := q.is("bos"), q.is("eos")
	if !x.admitCopied(copiesOf(of)) {
		return
	}
	x.answerLibrary(q, func(ctx context.Context, tok *bridge.Tokenizer) (libraryAnswer, error) {
		var n int
		var err error
		switch of {
		case ofText:
			n, err = tok.CountText(ctx, string(x.body.body()), bos, eos)
		case "openai":
			n, err = tok.CountOpenAI(ctx, x.body.body(), opts...)
		default:
			n, err = tok.CountJSON(ctx, x.body.body(), opts...)
		}
		return libraryAnswer{strconv.AppendInt([]byte(`{"count":`), int64(n), 10), n}, err
	})
}

// parts are what an answer is to have, and the options that make it.
func (q *parameters) parts() (want []string, opts []bridge.EncodeOption) {
	want = []string{"tokens", "prefix_ids"}
	if n := q.length("max_model_input_len"); n >= 0 {
		opts = append(opts, bridge.WithMaxModelInputLen(n))
	}
	if q.is("plain") {
		opts = append(opts, bridge.WithPlain())
	}
	if q.is("text") {
		want, opts = append(want, "text"), append(opts, bridge.WithText())
	}
	if q.is("spans") {
		want, opts = append(want, "spans"), append(opts, bridge.WithSpans())
	}
	if q.is("media") {
		want = append(want, "images", "audios")
	} else {
		opts = append(opts, bridge.WithoutMedia())
	}
	return want, opts
}

var policies = map[string]bridge.Policy{"ignore": bridge.Ignore, "keep": bridge.Keep, "raise": bridge.Raise}

// decode answers POST /v1/decode.
func (s *Server) decode(x *exchange) {
	q := x.parameters("policy")
	policy := policies[q.one("policy", "ignore", "keep", "raise")]
	if !x.admitCopied(4) { // "1," is an id of four bytes, twice
		return
	}
	x.answerLibrary(q, func(ctx context.Context, tok *bridge.Tokenizer) (libraryAnswer, error) {
		tokens, err := jsonl.ParseIDs(x.body.body())
		if err != nil {
			return libraryAnswer{}, err
		}
		text, err := tok.Decode(ctx, tokens, policy)
		return libraryAnswer{jsonl.AppendJSON([]byte(`{"text":`), text), len(tokens)}, err
	})
}

// tokenizerCard is a model as GET /v1/tokenizers describes it.
type tokenizerCard struct {
	Names       []string        `json:"names"`
	MaxModelLen int             `json:"max_model_len"`
	Description json.RawMessage `json:"description"`
	Warnings    json.RawMessage `json:"warnings"`
}

// tokenizers answers GET /v1/tokenizers.
func (s *Server) tokenizers(x *exchange) {
	loaded := s.engine.Models()
	if loaded == nil {
		x.fail(engine.Classify(engine.ErrLoading))
		return
	}
	info := s.engine.Info()
	list := struct {
		Python   string            `json:"python"`
		Packages map[string]string `json:"packages"`
		Data     []tokenizerCard   `json:"data"`
	}{info.Python, info.Packages, nil}
	for _, m := range loaded {
		tok := m.Tokenizer()
		list.Data = append(list.Data, tokenizerCard{m.Names, m.MaxModelLen, tok.DescriptionJSON(), jsonl.AppendWarnings(nil, tok.Warnings())})
	}
	text, err := json.Marshal(list)
	if err != nil {
		x.fail(engine.Classify(err))
		return
	}
	x.json(http.StatusOK, string(text))
}
