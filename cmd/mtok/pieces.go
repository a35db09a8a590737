package main

import (
	"context"
	"encoding/base64"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/tokentable"
)

// pieces asks the tokenizer for the piece of each id.
func pieces(ctx context.Context, tok *bridge.Tokenizer, ids []int32) ([]tokentable.Token, error) {
	found, err := tok.Pieces(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]tokentable.Token, len(ids))
	for i, id := range ids {
		out[i] = tokentable.Token{ID: id, Piece: found[i]}
	}
	return out, nil
}

// pieceJSON is a piece as JSON: a string, or {"__bytes__": base64} where it is a
// part of a character.
func pieceJSON(piece []byte) any {
	if utf8.Valid(piece) {
		return string(piece)
	}
	return map[string]string{"__bytes__": base64.StdEncoding.EncodeToString(piece)}
}
