package rpc

import (
	"strings"
	"unicode/utf8"
)

// space is what SentencePiece writes for one.
const space = "▁"

// offsets says where in a text each token comes from: start and end, in characters, one
// pair after the other, by the conventions of Hugging Face's fast tokenizers: a token that
// is a part of a character gets all of it; one that comes from nowhere, as the begin of
// sequence does, has start and end 0; the space that SentencePiece puts before the text has
// the first character. special is how many tokens at the start come from nowhere, and spm
// tells the pieces of SentencePiece.
//
// It reports false where the pieces do not spell the text: then nothing can be told.
func offsets(text string, pieces [][]byte, special int, spm bool) ([]uint32, bool) {
	out := make([]uint32, 0, 2*len(pieces))
	at, begun := 0, uint32(0) // bytes, and characters that begin before
	for i, piece := range pieces {
		if i < special {
			out = append(out, 0, 0)
			continue
		}
		var n int
		var ok bool
		if spm {
			n, ok = spelledBySentencePiece(text[at:], string(piece), i == special)
		} else {
			n, ok = len(piece), strings.HasPrefix(text[at:], string(piece))
		}
		if !ok {
			return nil, false
		}
		start := begun
		if at < len(text) && !utf8.RuneStart(text[at]) {
			start-- // inside of a character
		}
		for _, b := range []byte(text[at : at+n]) {
			if utf8.RuneStart(b) {
				begun++
			}
		}
		at += n
		end := begun
		if n == 0 && text != "" {
			end = 1
		}
		out = append(out, start, end)
	}
	return out, at == len(text)
}

// spelledBySentencePiece is how many bytes of text a piece stands for.
func spelledBySentencePiece(text, piece string, first bool) (int, bool) {
	if b, ok := bytePiece(piece); ok {
		return 1, text != "" && text[0] == b
	}
	if first {
		piece = strings.TrimPrefix(piece, space)
	}
	n := 0
	for piece != "" {
		rest, isSpace := strings.CutPrefix(piece, space)
		switch {
		case isSpace && strings.HasPrefix(text[n:], " "):
			n, piece = n+1, rest
		case n < len(text) && text[n] == piece[0]: // also a ▁ of the text's own, byte by byte
			n, piece = n+1, piece[1:]
		default:
			return 0, false
		}
	}
	return n, true
}

// bytePiece reads <0x0A>.
func bytePiece(piece string) (byte, bool) {
	if len(piece) != len("<0x00>") || !strings.HasPrefix(piece, "<0x") || piece[5] != '>' {
		return 0, false
	}
	const digits = "0123456789ABCDEF"
	high, low := strings.IndexByte(digits, piece[3]), strings.IndexByte(digits, piece[4])
	return byte(high<<4 | low), high >= 0 && low >= 0
}
