package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Policy is mistral_common's SpecialTokenPolicy: what decoding does with
// special tokens.
type Policy int32

// The policies; Ignore is the reference's default.
const (
	Ignore Policy = iota // leave them out
	Keep                 // write them
	Raise                // fail with a ValueError
)

// check is an *InputError for what is no policy.
func (p Policy) check() error {
	if _, ok := p.name(); ok {
		return nil
	}
	return &mistral.InputError{Place: "policy", Offset: -1, Err: fmt.Errorf("%d is none of Ignore, Keep and Raise", p)}
}

// Decode turns ids into text. Equals MistralTokenizer.decode(tokens, policy).
// An id that the vocabulary does not have is a *TokenIDError.
func (t *Tokenizer) Decode(ctx context.Context, tokens []int32, p Policy) (string, error) {
	return do(ctx, t.rt, t.decodeCall(tokens, p))
}

// DecodeAsync is Decode as a future.
func (t *Tokenizer) DecodeAsync(ctx context.Context, tokens []int32, p Policy) *async.Future[string] {
	return start(ctx, t.rt, t.decodeCall(tokens, p))
}

// DecodeJSON is Decode with its arguments as JSON, {"tokens": …, "policy": …},
// handed to the reference as they are, so that it can refuse them itself.
func (t *Tokenizer) DecodeJSON(ctx context.Context, args []byte) (string, error) {
	return do(ctx, t.rt, t.decodeJSONCall(args))
}

// DecodeJSONAsync is DecodeJSON as a future.
func (t *Tokenizer) DecodeJSONAsync(ctx context.Context, args []byte) *async.Future[string] {
	return start(ctx, t.rt, t.decodeJSONCall(args))
}

func (t *Tokenizer) decodeCall(tokens []int32, p Policy) call[string] {
	h := t.header(wire.OpDecode, 0)
	h.Arg = int32(p)
	frame := wire.Seal(wire.AppendInt32s(wire.NewFrame(h, 4*len(tokens)), tokens))
	return checkingIDs(t, call[string]{op: "decode", frame: frame, err: t.check(p.check()), read: readText}, tokens...)
}

func (t *Tokenizer) decodeJSONCall(args []byte) call[string] {
	c := call[string]{op: "decode", frame: wire.Frame(t.header(wire.OpDecode, wire.FlagJSON), args), err: t.check(nil), read: readText}
	if !utf8.Valid(args) {
		c.err = notUTF8("", args)
	}
	return c
}

func (t *Tokenizer) rawCall(method string, args, kwargs json.RawMessage) call[json.RawMessage] {
	return t.methodCall(wire.OpRaw, method, args, kwargs)
}

func (t *Tokenizer) methodCall(op wire.Op, method string, args, kwargs json.RawMessage) call[json.RawMessage] {
	frame, err := seam.MethodFrame(t.header(op, 0), method, args, kwargs)
	return call[json.RawMessage]{op: method, frame: frame, err: t.check(err), read: readJSON}
}
