package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// kind is a kind of requests: the server's word for it, and the operation that errors name.
type kind struct{ of, op string }

var (
	chat          = kind{"chat", "encode_chat_completion"}
	openAI        = kind{"openai", "encode_openai"}
	instruct      = kind{"instruct", "encode_instruct"}
	fim           = kind{"fim", "encode_fim"}
	transcription = kind{"transcription", "encode_transcription"}
	speech        = kind{"speech", "encode_speech_request"}
	text          = kind{"text", "encode"}
)

// count is the operation of every count.
const count = "count"

// request is a typed request of any kind.
type request interface {
	AppendJSON(dst []byte) ([]byte, error)
}

// written is a request's JSON, or why it cannot be sent.
func written(req request) ([]byte, error) {
	if jsonenc.IsNil(req) {
		return nil, &mistral.InputError{Offset: -1, Err: errors.New("nil request")}
	}
	body, err := req.AppendJSON(nil)
	return body, seam.Refused(err)
}

func (t *Tokenizer) encode(ctx context.Context, k kind, req request, opts []bridge.EncodeOption) (*bridge.Tokenized, error) {
	body, err := written(req)
	if err != nil {
		return nil, err
	}
	return t.encodeJSON(ctx, k, body, opts)
}

func (t *Tokenizer) encodeJSON(ctx context.Context, k kind, body []byte, opts []bridge.EncodeOption) (*bridge.Tokenized, error) {
	if !utf8.Valid(body) {
		return nil, seam.Refused(jsonenc.NotUTF8("", body))
	}
	answer, err := t.ask(ctx, k.op, "/v1/encode", parameters(k, opts), body)
	if err != nil {
		return nil, err
	}
	var a tokenized
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, unreadable(k.op, err)
	}
	out, err := a.value()
	if err != nil {
		return nil, unreadable(k.op, err)
	}
	out.Warnings, err = t.warned(ctx, k.op, a.Warnings)
	return out, err
}

func (t *Tokenizer) countJSON(ctx context.Context, query url.Values, body []byte) (int, error) {
	if !utf8.Valid(body) {
		return 0, seam.Refused(jsonenc.NotUTF8("", body))
	}
	answer, err := t.ask(ctx, count, "/v1/count", query, body)
	if err != nil {
		return 0, err
	}
	var a struct {
		Count    int             `json:"count"`
		Warnings json.RawMessage `json:"warnings"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return 0, unreadable(count, err)
	}
	_, err = t.warned(ctx, count, a.Warnings)
	return a.Count, err
}

// warned reads warnings, and passes them to the function in the context.
func (t *Tokenizer) warned(ctx context.Context, op string, list json.RawMessage) ([]bridge.Warning, error) {
	warnings, err := readWarnings(list)
	if err != nil {
		return nil, unreadable(op, err)
	}
	seam.TellWarnings(ctx, warnings)
	return warnings, nil
}

// parameters is the query of a request.
func parameters(k kind, opts []bridge.EncodeOption) url.Values {
	h := seam.EncodeHeader(opts)
	query := limits(k, h)
	for name, flag := range map[string]uint32{"text": wire.FlagText, "spans": wire.FlagSpans} {
		if h.Flags&flag != 0 {
			query.Set(name, "true")
		}
	}
	if h.Flags&wire.FlagNoMedia == 0 {
		query.Set("media", "true")
	}
	return query
}

// limits are the parameters that a count has too.
func limits(k kind, h wire.Header) url.Values {
	query := url.Values{"of": {k.of}}
	if h.Flags&wire.FlagPlain != 0 {
		query.Set("plain", "true")
	}
	if h.Arg != wire.NoArg {
		query.Set("max_model_input_len", strconv.Itoa(int(h.Arg)))
	}
	return query
}
