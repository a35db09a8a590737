package rpc

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// locate says where in a text the ids stand that were made of it, in bytes; false where they
// are not those of the text alone.
func locate(ctx context.Context, tok *bridge.Tokenizer, text string, ids []int32) (offsets []bridge.Offset, ok bool, err error) {
	if tok.Describe().Raw != "Tekkenizer" {
		found, err := tok.Offsets(ctx, text)
		return found.Offsets, slices.Equal(ids, found.Tokens), err
	}
	// Its tokens spell the text, which need not be encoded once more.
	pieces, err := tok.TokenBytes(ctx, ids)
	if err != nil {
		return nil, false, err
	}
	at := 0
	for _, piece := range pieces {
		if !strings.HasPrefix(text[at:], string(piece)) {
			return nil, false, nil
		}
		offsets = append(offsets, bridge.Offset{Start: at, End: at + len(piece)})
		at += len(piece)
	}
	return offsets, at == len(text), nil
}

// characters is offsets in characters, start and end, one pair after the other, by the
// conventions of Hugging Face's fast tokenizers: a token that is a part of a character
// gets all of it; one that comes from nowhere, as the special tokens at the start do, has
// start and end 0; the space that SentencePiece puts before the text has the first
// character. The offsets are in order.
func characters(text string, offsets []bridge.Offset, special int) []uint32 {
	out := make([]uint32, 2*special, 2*(special+len(offsets)))
	at, begun := 0, uint32(0) // bytes, and characters that begin before
	count := func(to int) {
		for ; at < to; at++ {
			if utf8.RuneStart(text[at]) {
				begun++
			}
		}
	}
	for _, o := range offsets {
		count(o.Start)
		start := begun
		if o.Start < len(text) && !utf8.RuneStart(text[o.Start]) {
			start-- // inside of a character
		}
		count(o.End)
		end := begun
		if o.Start == o.End && text != "" {
			end = start + 1
		}
		out = append(out, start, end)
	}
	return out
}
