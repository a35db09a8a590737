package vllm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// The arguments of the methods below that are nil are not passed: what a release
// of vLLM does then differs (special tokens are left out of a text up to 0.11.2 and
// written from 0.12 on).

// Encode turns text into ids. Equals MistralTokenizer.encode(text,
// add_special_tokens=…), which prepends the begin-of-sequence id if left to itself.
func (v *Tokenizer) Encode(ctx context.Context, text string, addSpecialTokens *bool) ([]int32, error) {
	return seam.Do(ctx, v.calls, v.encodeCall(text, addSpecialTokens))
}

// EncodeAsync is Encode as a future.
func (v *Tokenizer) EncodeAsync(ctx context.Context, text string, addSpecialTokens *bool) *async.Future[[]int32] {
	return seam.Start(ctx, v.calls, v.encodeCall(text, addSpecialTokens))
}

// Decode turns ids into text. Equals MistralTokenizer.decode(ids,
// skip_special_tokens=…).
func (v *Tokenizer) Decode(ctx context.Context, tokens []int32, skipSpecialTokens *bool) (string, error) {
	return seam.Do(ctx, v.calls, v.decodeCall(tokens, skipSpecialTokens))
}

// DecodeAsync is Decode as a future.
func (v *Tokenizer) DecodeAsync(ctx context.Context, tokens []int32, skipSpecialTokens *bool) *async.Future[string] {
	return seam.Start(ctx, v.calls, v.decodeCall(tokens, skipSpecialTokens))
}

// Piece is a token as vLLM writes it: bytes where the token is a part of a
// character and vLLM says so, else text.
type Piece struct {
	Text  string
	Bytes []byte // nil for text
}

// ConvertIDsToTokens returns the piece of each id. Equals
// MistralTokenizer.convert_ids_to_tokens(ids, skip_special_tokens=…).
func (v *Tokenizer) ConvertIDsToTokens(ctx context.Context, tokens []int32, skipSpecialTokens *bool) ([]Piece, error) {
	return seam.Do(ctx, v.calls, v.convertCall(tokens, skipSpecialTokens))
}

// ConvertIDsToTokensAsync is ConvertIDsToTokens as a future.
func (v *Tokenizer) ConvertIDsToTokensAsync(ctx context.Context, tokens []int32, skipSpecialTokens *bool) *async.Future[[]Piece] {
	return seam.Start(ctx, v.calls, v.convertCall(tokens, skipSpecialTokens))
}

// Raw calls a method of vLLM's tokenizer by its Python name, with arguments and
// result as JSON, like raw.Tokenizer.Call. The methods are those of docs/protocol.md:
// encode, encode_one, __call__, decode, convert_ids_to_tokens,
// convert_tokens_to_string.
func (v *Tokenizer) Raw(ctx context.Context, method string, args, kwargs json.RawMessage) (json.RawMessage, error) {
	return seam.Do(ctx, v.calls, v.rawCall(method, args, kwargs))
}

// RawAsync is Raw as a future.
func (v *Tokenizer) RawAsync(ctx context.Context, method string, args, kwargs json.RawMessage) *async.Future[json.RawMessage] {
	return seam.Start(ctx, v.calls, v.rawCall(method, args, kwargs))
}

// markedBytes are bytes in JSON.
type markedBytes struct {
	Bytes []byte `json:"__bytes__"`
}

// MarshalJSON writes what UnmarshalJSON reads.
func (p Piece) MarshalJSON() ([]byte, error) {
	if p.Bytes != nil {
		return json.Marshal(markedBytes{p.Bytes})
	}
	e := &jsonenc.Encoder{}
	e.Str(p.Text, "piece")
	return e.Buf, seam.Refused(e.Err)
}

// UnmarshalJSON reads a piece: a string, or {"__bytes__": base64}; null changes nothing.
func (p *Piece) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	var found Piece
	if bytes.HasPrefix(text, []byte(`"`)) {
		if err := json.Unmarshal(text, &found.Text); err != nil {
			return err
		}
		*p = found
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var marked markedBytes
	if err := d.Decode(&marked); err != nil {
		return err
	}
	if marked.Bytes == nil {
		return errors.New(`bridge: a piece is a string or {"__bytes__": base64}`)
	}
	found.Bytes = marked.Bytes
	*p = found
	return nil
}

func (v *Tokenizer) encodeCall(text string, special *bool) seam.Call[[]int32] {
	e := &jsonenc.Encoder{}
	e.Open('[')
	e.Str(text, "text")
	e.Close(']')
	return readAs[[]int32](v.methodCall("encode", e, "add_special_tokens", special))
}

func (v *Tokenizer) decodeCall(tokens []int32, skip *bool) seam.Call[string] {
	return readAs[string](v.methodCall("decode", idList(tokens), "skip_special_tokens", skip))
}

func (v *Tokenizer) convertCall(tokens []int32, skip *bool) seam.Call[[]Piece] {
	return readAs[[]Piece](v.methodCall("convert_ids_to_tokens", idList(tokens), "skip_special_tokens", skip))
}

func idList(tokens []int32) *jsonenc.Encoder {
	e := &jsonenc.Encoder{}
	e.Open('[')
	e.Open('[')
	for _, id := range tokens {
		e.Literal(strconv.Itoa(int(id)))
	}
	e.Close(']')
	e.Close(']')
	return e
}

func (v *Tokenizer) methodCall(method string, args *jsonenc.Encoder, name string, flag *bool) seam.Call[json.RawMessage] {
	kwargs := &jsonenc.Encoder{}
	kwargs.Open('{')
	kwargs.OptBool(name, flag)
	kwargs.Close('}')
	c := v.rawCall(method, args.Buf, kwargs.Buf)
	if args.Err != nil {
		c.Err = args.Err
	}
	return c
}

func (v *Tokenizer) rawCall(method string, args, kwargs json.RawMessage) seam.Call[json.RawMessage] {
	return seam.Method(v.calls, wire.OpVLLMRaw, method, args, kwargs)
}

func readAs[T any](c seam.Call[json.RawMessage]) seam.Call[T] {
	return seam.Call[T]{Job: c.Job, Read: func(r *wire.Reply) (value T, err error) {
		err = json.Unmarshal(r.Body, &value)
		return value, err
	}}
}
