package bridge

import (
	"encoding/binary"
	"errors"
	"strings"
)

// The fields of SentencePiece's protocol buffers that are read here.
const (
	textPieces = 2 // of SentencePieceText
	pieceName  = 1 // of its SentencePiece
	pieceID    = 2
	pieceBegin = 4
	pieceEnd   = 5
)

var errProto = errors.New("malformed SentencePieceText")

// readSentencePieceText reads ids and offsets of a serialized SentencePieceText. It gives
// a character in bytes to its last byte piece, and none of it to those before; here each
// has its own.
func readSentencePieceText(text []byte) (TokenOffsets, error) {
	var out TokenOffsets
	parts := 0 // byte pieces that wait for the last one of their character
	err := eachField(text, func(field uint64, _ uint64, body []byte) error {
		if field != textPieces {
			return nil
		}
		var id, begin, end uint64
		var name string
		err := eachField(body, func(field, n uint64, body []byte) error {
			switch field {
			case pieceName:
				name = string(body)
			case pieceID:
				id = n
			case pieceBegin:
				begin = n
			case pieceEnd:
				end = n
			}
			return nil
		})
		out.Tokens = append(out.Tokens, int32(id))
		out.Offsets = append(out.Offsets, Offset{int(begin), int(end)})
		if !isByteName(name) {
			parts = 0
			return err
		}
		parts++
		if begin < end {
			if int(end-begin) == parts {
				whole := out.Offsets[len(out.Offsets)-parts:]
				for i := range whole {
					whole[i] = Offset{int(begin) + i, int(begin) + i + 1}
				}
			}
			parts = 0
		}
		return err
	})
	return out, err
}

// isByteName reports whether a piece is called as <0x0A> is.
func isByteName(name string) bool {
	return len(name) == len("<0x00>") && strings.HasPrefix(name, "<0x") && strings.HasSuffix(name, ">")
}

// eachField calls f for each field of a message: a number, or bytes.
func eachField(text []byte, f func(field, n uint64, body []byte) error) error {
	for len(text) > 0 {
		tag, size := binary.Uvarint(text)
		if size <= 0 {
			return errProto
		}
		text = text[size:]
		n, size := binary.Uvarint(text)
		if size <= 0 {
			return errProto
		}
		text = text[size:]
		var body []byte
		switch tag & 7 {
		case 0: // a number
		case 2: // that many bytes
			if n > uint64(len(text)) {
				return errProto
			}
			body, text = text[:n], text[n:]
		default:
			return errProto
		}
		if err := f(tag>>3, n, body); err != nil {
			return err
		}
	}
	return nil
}
