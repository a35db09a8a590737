package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// EncodeText encodes a text without any chat around it.
func (t *Tokenizer) EncodeText(ctx context.Context, s string, bos, eos bool) ([]int32, error) {
	if !utf8.ValidString(s) {
		return nil, seam.Refused(jsonenc.NotUTF8("", s))
	}
	answer, err := t.ask(ctx, text.op, "/v1/encode", ends(bos, eos), []byte(s))
	if err != nil {
		return nil, err
	}
	var a tokenized
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, unreadable(text.op, err)
	}
	_, err = t.warned(ctx, text.op, a.Warnings)
	return noneAsNil(a.Tokens), err
}

// CountText is the number of tokens of EncodeText.
func (t *Tokenizer) CountText(ctx context.Context, s string, bos, eos bool) (int, error) {
	return t.countJSON(ctx, ends(bos, eos), []byte(s))
}

func ends(bos, eos bool) url.Values {
	query := url.Values{"of": {text.of}}
	if bos {
		query.Set("bos", "true")
	}
	if eos {
		query.Set("eos", "true")
	}
	return query
}

// Decode turns ids into text.
func (t *Tokenizer) Decode(ctx context.Context, tokens []int32, p bridge.Policy) (string, error) {
	const op = "decode"
	name, ok := map[bridge.Policy]string{bridge.Ignore: "ignore", bridge.Keep: "keep", bridge.Raise: "raise"}[p]
	if !ok {
		return "", &mistral.InputError{Place: "policy", Offset: -1, Err: fmt.Errorf("%d is none of Ignore, Keep and Raise", p)}
	}
	e := &jsonenc.Encoder{}
	e.Open('[')
	for _, id := range tokens {
		e.Integer(int64(id))
	}
	e.Close(']')
	answer, err := t.ask(ctx, op, "/v1/decode", url.Values{"policy": {name}}, e.Buf)
	if err != nil {
		return "", err
	}
	var a struct {
		Text     string          `json:"text"`
		Warnings json.RawMessage `json:"warnings"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return "", unreadable(op, err)
	}
	_, err = t.warned(ctx, op, a.Warnings)
	return a.Text, err
}
