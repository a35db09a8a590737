package bridge

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// The methods of the raw tokenizer, Tekkenizer or SentencePieceTokenizer, with types.
// Where a piece is asked for, an id that the vocabulary does not have is a *TokenIDError.
// raw.Tokenizer.Call calls the same with any arguments, and as the reference does.

// IDToPiece returns the text of one id; a part of a character is U+FFFD there. Equals
// id_to_piece.
func (t *Tokenizer) IDToPiece(ctx context.Context, id int32) (string, error) {
	return do(ctx, t.rt, checkingIDs(t, rawValue[string](t, "id_to_piece", id), id))
}

// IDToPieceAsync is IDToPiece as a future.
func (t *Tokenizer) IDToPieceAsync(ctx context.Context, id int32) *async.Future[string] {
	return start(ctx, t.rt, checkingIDs(t, rawValue[string](t, "id_to_piece", id), id))
}

// IDToBytePiece returns the bytes of one id. Equals id_to_byte_piece, which only a
// Tekkenizer has: errors.As gives a *PyError of AttributeError for others, and ReasonOf
// ReasonUsage.
func (t *Tokenizer) IDToBytePiece(ctx context.Context, id int32, p Policy) ([]byte, error) {
	return do(ctx, t.rt, t.bytePieceCall(id, p))
}

// IDToBytePieceAsync is IDToBytePiece as a future.
func (t *Tokenizer) IDToBytePieceAsync(ctx context.Context, id int32, p Policy) *async.Future[[]byte] {
	return start(ctx, t.rt, t.bytePieceCall(id, p))
}

// IsSpecial reports whether an id is a special token's. Equals is_special(id), which of an
// id that there is not is false of a Tekkenizer, and an error of others.
func (t *Tokenizer) IsSpecial(ctx context.Context, id int32) (bool, error) {
	return do(ctx, t.rt, explainingIDs(t, rawValue[bool](t, "is_special", id), id))
}

// IsSpecialAsync is IsSpecial as a future.
func (t *Tokenizer) IsSpecialAsync(ctx context.Context, id int32) *async.Future[bool] {
	return start(ctx, t.rt, explainingIDs(t, rawValue[bool](t, "is_special", id), id))
}

// IsSpecialToken reports whether a text is a special token's. Equals is_special(text).
func (t *Tokenizer) IsSpecialToken(ctx context.Context, text string) (bool, error) {
	return do(ctx, t.rt, rawValue[bool](t, "is_special", text))
}

// IsSpecialTokenAsync is IsSpecialToken as a future.
func (t *Tokenizer) IsSpecialTokenAsync(ctx context.Context, text string) *async.Future[bool] {
	return start(ctx, t.rt, rawValue[bool](t, "is_special", text))
}

// IsByte reports whether an id stands for one byte. Equals is_byte, which
// only a Tekkenizer has, as IDToBytePiece says.
func (t *Tokenizer) IsByte(ctx context.Context, id int32) (bool, error) {
	return do(ctx, t.rt, explainingIDs(t, rawValue[bool](t, "is_byte", id), id))
}

// IsByteAsync is IsByte as a future.
func (t *Tokenizer) IsByteAsync(ctx context.Context, id int32) *async.Future[bool] {
	return start(ctx, t.rt, explainingIDs(t, rawValue[bool](t, "is_byte", id), id))
}

// GetSpecialToken returns the id of a special token, such as "[INST]". Equals
// get_special_token; what is none is a ValueError of a Tekkenizer, and the id of
// <unk>, 0, of a SentencePieceTokenizer.
func (t *Tokenizer) GetSpecialToken(ctx context.Context, text string) (int32, error) {
	return do(ctx, t.rt, rawValue[int32](t, "get_special_token", text))
}

// GetSpecialTokenAsync is GetSpecialToken as a future.
func (t *Tokenizer) GetSpecialTokenAsync(ctx context.Context, text string) *async.Future[int32] {
	return start(ctx, t.rt, rawValue[int32](t, "get_special_token", text))
}

func (t *Tokenizer) bytePieceCall(id int32, p Policy) call[[]byte] {
	policy, _ := p.name()
	c := t.rawCallWith("id_to_byte_piece", id, policy)
	if err := p.check(); err != nil {
		c.err = err
	}
	return checkingIDs(t, reading(c, func(r *wire.Reply) ([]byte, error) {
		marked, err := value[struct {
			Bytes []byte `json:"__bytes__"`
		}](r)
		return marked.Bytes, err
	}), id)
}

// name is the value of SpecialTokenPolicy; none for what is no policy.
func (p Policy) name() (string, bool) {
	names := []string{Ignore: "ignore", Keep: "keep", Raise: "raise"}
	if p < 0 || int(p) >= len(names) {
		return "", false
	}
	return names[p], true
}

// rawCallWith calls a method with positional arguments: ids and strings.
func (t *Tokenizer) rawCallWith(method string, args ...any) call[json.RawMessage] {
	e := &jsonenc.Encoder{}
	e.Open('[')
	for _, arg := range args {
		switch arg := arg.(type) {
		case int32:
			e.Integer(int64(arg))
		case string:
			e.Str(arg, "argument")
		}
	}
	e.Close(']')
	c := t.rawCall(method, e.Buf, nil)
	if e.Err != nil {
		c.err = e.Err
	}
	return c
}

func rawValue[T any](t *Tokenizer, method string, args ...any) call[T] {
	return reading(t.rawCallWith(method, args...), value[T])
}
