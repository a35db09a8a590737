package bridge

import (
	"context"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// EncodeText encodes a text without any chat around it, with the ids of begin
// and end of sequence where bos and eos say so. Equals
// tokenizer.instruct_tokenizer.tokenizer.encode(s, bos, eos).
func (t *Tokenizer) EncodeText(ctx context.Context, s string, bos, eos bool) ([]int32, error) {
	return do(ctx, t.rt, t.textCall(s, bos, eos))
}

// EncodeTextAsync is EncodeText as a future.
func (t *Tokenizer) EncodeTextAsync(ctx context.Context, s string, bos, eos bool) *async.Future[[]int32] {
	return start(ctx, t.rt, t.textCall(s, bos, eos))
}

// CountText is the number of tokens of EncodeText, without bringing them over.
func (t *Tokenizer) CountText(ctx context.Context, s string, bos, eos bool) (int, error) {
	return do(ctx, t.rt, counted(t.textFrame(s, bos, eos, wire.FlagCount)))
}

// CountTextAsync is CountText as a future.
func (t *Tokenizer) CountTextAsync(ctx context.Context, s string, bos, eos bool) *async.Future[int] {
	return start(ctx, t.rt, counted(t.textFrame(s, bos, eos, wire.FlagCount)))
}

func (t *Tokenizer) textCall(s string, bos, eos bool) call[[]int32] {
	frame, err := t.textFrame(s, bos, eos, 0)
	return call[[]int32]{op: "encode", frame: frame, err: err, read: readInts}
}

func (t *Tokenizer) textFrame(s string, bos, eos bool, flags uint32) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, notUTF8("", s)
	}
	return wire.Frame(t.header(wire.OpEncodeText, flags|textFlags(bos, eos)), s), t.check(nil)
}

func textFlags(bos, eos bool) (flags uint32) {
	if bos {
		flags |= wire.FlagBOS
	}
	if eos {
		flags |= wire.FlagEOS
	}
	return flags
}
