package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
)

// TokenBytes returns the bytes that each id stands for in a text: those of a logprob. A
// Tekken's are those of Pieces. Of a SentencePiece's pieces, ▁ is a space here and <0xE5>
// the one byte 0xE5. A special token's are its name, as with Keep; those of SentencePiece's
// <unk> are what Decode writes for it.
//
// Law: the bytes of the ids of EncodeText, one after the other, are the text; SentencePiece
// puts one space before it, which only Decode leaves out.
//
// The vocabulary crosses once for a tokenizer; after that it costs no crossing. Errors:
// *TokenIDError for an id that it does not have. For a Tekkenizer, it equals
// id_to_byte_piece(id, KEEP) for each id.
func (t *Tokenizer) TokenBytes(ctx context.Context, ids []int32) ([][]byte, error) {
	v, err := t.vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	return v.tokenBytes(ids)
}

// TokenBytesAsync is TokenBytes as a future.
func (t *Tokenizer) TokenBytesAsync(ctx context.Context, ids []int32) *async.Future[[][]byte] {
	return withVocabulary(ctx, t, func(v *vocabulary) ([][]byte, error) { return v.tokenBytes(ids) })
}

func (v *vocabulary) tokenBytes(ids []int32) ([][]byte, error) {
	if err := v.check("token bytes", ids); err != nil {
		return nil, err
	}
	out := make([][]byte, len(ids))
	for i, id := range ids {
		out[i] = []byte(v.spelled(id))
	}
	return out, nil
}
