package bridge

import (
	"context"
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Offset is a part of a text: from Start to before End, in bytes.
type Offset struct{ Start, End int }

// TokenOffsets are the tokens of a text and where in it each comes from.
type TokenOffsets struct {
	Tokens  []int32
	Offsets []Offset // one for each token
}

// Offsets encodes a text, without begin and end of sequence, and says where in it each
// token comes from, in bytes of the text as it was given.
//
// Law: Tokens are EncodeText's, the first offset begins at 0, each begins where the one
// before it ends, and the last ends with the text. A token that is a part of a character
// has its own bytes alone. The space that SentencePiece puts before a text is nowhere in
// it: with a word it counts nothing, and a token of it alone is empty at 0.
//
// It takes one crossing, and about as long again as EncodeText. A Tekkenizer's are summed
// up from the lengths of id_to_byte_piece; SentencePiece's are begin and end of its own
// encode(text, out_type="serialized_proto"), so that they hold for what its normalizer
// changes or drops too: only there they need not cover the text. Errors: ErrInvalidUTF8.
func (t *Tokenizer) Offsets(ctx context.Context, text string) (TokenOffsets, error) {
	return do(ctx, t.rt, t.offsetsCall(text))
}

// OffsetsAsync is Offsets as a future.
func (t *Tokenizer) OffsetsAsync(ctx context.Context, text string) *async.Future[TokenOffsets] {
	return start(ctx, t.rt, t.offsetsCall(text))
}

func (t *Tokenizer) offsetsCall(text string) call[TokenOffsets] {
	c := call[TokenOffsets]{op: "offsets", frame: wire.Frame(t.header(wire.OpOffsets, 0), text), err: t.check(nil), read: readOffsets}
	if !utf8.ValidString(text) {
		c.err = notUTF8("", text)
	}
	return c
}

// offsetsOfSentencePiece is the number of a reply with a SentencePieceText.
const offsetsOfSentencePiece = 1

func readOffsets(r *wire.Reply) (TokenOffsets, error) {
	if len(r.Bufs) != 1 {
		return TokenOffsets{}, fmt.Errorf("%d buffers", len(r.Bufs))
	}
	if r.Aux == offsetsOfSentencePiece {
		return readSentencePieceText(r.Bufs[0])
	}
	lengths := r.Bufs[0]
	if len(lengths) != 4*len(r.Ints) {
		return TokenOffsets{}, fmt.Errorf("%d bytes of lengths of %d tokens", len(lengths), len(r.Ints))
	}
	out := TokenOffsets{Tokens: r.Ints, Offsets: make([]Offset, len(r.Ints))}
	at := 0
	for i := range out.Offsets {
		n := int(binary.LittleEndian.Uint32(lengths[4*i:]))
		out.Offsets[i] = Offset{at, at + n}
		at += n
	}
	return out, nil
}
