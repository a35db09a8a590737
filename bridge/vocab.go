package bridge

import (
	"context"
	"fmt"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Vocab returns the piece of every id, at its place. It loses nothing, where the
// reference's own vocab() writes the same replacement character for a thousand ids: a
// Tekken's pieces are bytes, parts of a character too, and special tokens are their
// names. A SentencePiece's are its pieces in UTF-8, with ▁ for a space and <0x0A> for
// a byte. Equals id_to_byte_piece(i, KEEP), or id_to_piece(i), for i in range(n_words).
func (t *Tokenizer) Vocab(ctx context.Context) ([][]byte, error) {
	return do(ctx, t.rt, t.piecesCall(nil, allPieces))
}

// VocabAsync is Vocab as a future.
func (t *Tokenizer) VocabAsync(ctx context.Context) *async.Future[[][]byte] {
	return start(ctx, t.rt, t.piecesCall(nil, allPieces))
}

// Pieces returns the piece of each id, as Vocab has it. Errors: *TokenIDError for an id
// that it does not have.
func (t *Tokenizer) Pieces(ctx context.Context, tokens []int32) ([][]byte, error) {
	return do(ctx, t.rt, t.piecesCall(tokens, wire.NoArg))
}

// PiecesAsync is Pieces as a future.
func (t *Tokenizer) PiecesAsync(ctx context.Context, tokens []int32) *async.Future[[][]byte] {
	return start(ctx, t.rt, t.piecesCall(tokens, wire.NoArg))
}

// allPieces is the argument that asks for every id.
const allPieces = 1

func (t *Tokenizer) piecesCall(tokens []int32, arg int32) call[[][]byte] {
	h := t.header(wire.OpPieces, 0)
	h.Arg = arg
	frame := wire.Seal(wire.AppendInt32s(wire.NewFrame(h, 4*len(tokens)), tokens))
	return checkingIDs(t, call[[][]byte]{op: "pieces", frame: frame, err: t.check(nil), read: readPieces}, tokens...)
}

func readPieces(r *wire.Reply) ([][]byte, error) {
	if len(r.Bufs) != 1 {
		return nil, fmt.Errorf("%d buffers", len(r.Bufs))
	}
	rest := r.Bufs[0]
	out := make([][]byte, len(r.Ints))
	for i, n := range r.Ints {
		if n < 0 || int(n) > len(rest) {
			return nil, fmt.Errorf("piece of %d bytes in %d", n, len(rest))
		}
		out[i], rest = rest[:n:n], rest[n:]
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%d bytes are no piece", len(rest))
	}
	return out, nil
}
