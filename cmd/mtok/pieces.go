package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/render"
)

// pieces asks the tokenizer for the piece of each id, once for ids that recur.
func pieces(ctx context.Context, tok *bridge.Tokenizer, ids []int32) ([]render.Token, error) {
	method, kwargs := "id_to_piece", json.RawMessage(nil)
	if tok.Describe().Raw == "Tekkenizer" {
		// A piece may be a part of a character, which only bytes can hold.
		method, kwargs = "id_to_byte_piece", json.RawMessage(`{"special_token_policy":"keep"}`)
	}
	known := map[int32][]byte{}
	var distinct []int32
	for _, id := range ids {
		if _, ok := known[id]; !ok {
			known[id] = nil
			distinct = append(distinct, id)
		}
	}
	ask := func(ctx context.Context, id int32) *async.Future[json.RawMessage] {
		return tok.RawAsync(ctx, method, fmt.Appendf(nil, "[%d]", id), kwargs)
	}
	next := 0
	for answer, err := range async.Map(ctx, slices.Values(distinct), 64, ask) {
		if err != nil {
			return nil, err
		}
		if known[distinct[next]], err = readPiece(answer); err != nil {
			return nil, err
		}
		next++
	}
	out := make([]render.Token, len(ids))
	for i, id := range ids {
		out[i] = render.Token{ID: id, Piece: known[id]}
	}
	return out, nil
}

// readPiece reads a string, or {"__bytes__": base64}.
func readPiece(answer []byte) ([]byte, error) {
	var marked struct {
		Bytes []byte `json:"__bytes__"`
	}
	if err := json.Unmarshal(answer, &marked); err == nil {
		return marked.Bytes, nil
	}
	var s string
	err := json.Unmarshal(answer, &s)
	return []byte(s), err
}

// pieceJSON is a piece as JSON: a string, or {"__bytes__": base64} where it is a
// part of a character.
func pieceJSON(piece []byte) any {
	if utf8.Valid(piece) {
		return string(piece)
	}
	return map[string]string{"__bytes__": base64.StdEncoding.EncodeToString(piece)}
}
