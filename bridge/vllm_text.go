package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// The arguments of the methods below that are nil are not passed: what a release
// of vLLM does then differs (special tokens are left out of a text up to 0.11.2 and
// written from 0.12 on).

// Encode turns text into ids. Equals MistralTokenizer.encode(text,
// add_special_tokens=…), which prepends the begin-of-sequence id if left to itself.
func (v *VLLM) Encode(ctx context.Context, text string, addSpecialTokens *bool) ([]int32, error) {
	return do(ctx, v.t.rt, v.encodeCall(text, addSpecialTokens))
}

// EncodeAsync is Encode as a future.
func (v *VLLM) EncodeAsync(ctx context.Context, text string, addSpecialTokens *bool) *async.Future[[]int32] {
	return start(ctx, v.t.rt, v.encodeCall(text, addSpecialTokens))
}

// Decode turns ids into text. Equals MistralTokenizer.decode(ids,
// skip_special_tokens=…).
func (v *VLLM) Decode(ctx context.Context, tokens []int32, skipSpecialTokens *bool) (string, error) {
	return do(ctx, v.t.rt, v.decodeCall(tokens, skipSpecialTokens))
}

// DecodeAsync is Decode as a future.
func (v *VLLM) DecodeAsync(ctx context.Context, tokens []int32, skipSpecialTokens *bool) *async.Future[string] {
	return start(ctx, v.t.rt, v.decodeCall(tokens, skipSpecialTokens))
}

// Piece is a token as vLLM writes it: bytes where the token is a part of a
// character and vLLM says so, else text.
type Piece struct {
	Text  string
	Bytes []byte // nil for text
}

// ConvertIDsToTokens returns the piece of each id. Equals
// MistralTokenizer.convert_ids_to_tokens(ids, skip_special_tokens=…).
func (v *VLLM) ConvertIDsToTokens(ctx context.Context, tokens []int32, skipSpecialTokens *bool) ([]Piece, error) {
	return do(ctx, v.t.rt, v.convertCall(tokens, skipSpecialTokens))
}

// ConvertIDsToTokensAsync is ConvertIDsToTokens as a future.
func (v *VLLM) ConvertIDsToTokensAsync(ctx context.Context, tokens []int32, skipSpecialTokens *bool) *async.Future[[]Piece] {
	return start(ctx, v.t.rt, v.convertCall(tokens, skipSpecialTokens))
}

// Raw calls a method of vLLM's tokenizer by its Python name, with arguments and
// result as JSON, like Tokenizer.Raw. The methods are those of docs/protocol.md:
// encode, encode_one, __call__, decode, convert_ids_to_tokens,
// convert_tokens_to_string.
func (v *VLLM) Raw(ctx context.Context, method string, args, kwargs json.RawMessage) (json.RawMessage, error) {
	return do(ctx, v.t.rt, v.rawCall(method, args, kwargs))
}

// RawAsync is Raw as a future.
func (v *VLLM) RawAsync(ctx context.Context, method string, args, kwargs json.RawMessage) *async.Future[json.RawMessage] {
	return start(ctx, v.t.rt, v.rawCall(method, args, kwargs))
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
	e := &encoder{}
	e.str(p.Text, "piece")
	return e.buf, e.err
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

func (v *VLLM) encodeCall(text string, special *bool) call[[]int32] {
	e := &encoder{}
	e.open('[')
	e.str(text, "text")
	e.close(']')
	return readAs[[]int32](v.methodCall("encode", e, "add_special_tokens", special))
}

func (v *VLLM) decodeCall(tokens []int32, skip *bool) call[string] {
	return readAs[string](v.methodCall("decode", idList(tokens), "skip_special_tokens", skip))
}

func (v *VLLM) convertCall(tokens []int32, skip *bool) call[[]Piece] {
	return readAs[[]Piece](v.methodCall("convert_ids_to_tokens", idList(tokens), "skip_special_tokens", skip))
}

func idList(tokens []int32) *encoder {
	e := &encoder{}
	e.open('[')
	e.open('[')
	for _, id := range tokens {
		e.literal(strconv.Itoa(int(id)))
	}
	e.close(']')
	e.close(']')
	return e
}

func (v *VLLM) methodCall(method string, args *encoder, name string, flag *bool) call[json.RawMessage] {
	kwargs := &encoder{}
	kwargs.open('{')
	kwargs.optBool(name, flag)
	kwargs.close('}')
	c := v.rawCall(method, args.buf, kwargs.buf)
	if args.err != nil {
		c.err = args.err
	}
	return c
}

func (v *VLLM) rawCall(method string, args, kwargs json.RawMessage) call[json.RawMessage] {
	return v.t.methodCall(wire.OpVLLMRaw, method, args, kwargs)
}

func readAs[T any](c call[json.RawMessage]) call[T] {
	return call[T]{op: c.op, frame: c.frame, err: c.err, read: func(r *wire.Reply) (value T, err error) {
		err = json.Unmarshal(r.Body, &value)
		return value, err
	}}
}
