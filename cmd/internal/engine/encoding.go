package engine

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// inUTF8 is a JSON text as json.loads reads the bytes of one: in UTF-8, or in UTF-16 or
// UTF-32, with a byte order mark or without. It is body itself for what is UTF-8 already.
func inUTF8(body []byte) []byte {
	if text, ok := bytes.CutPrefix(body, []byte("\ufeff")); ok {
		return text
	}
	width, order := unitOf(body)
	if width == 1 {
		return body
	}
	units := make([]uint32, 0, len(body)/width)
	for ; len(body) >= width; body = body[width:] {
		if width == 4 {
			units = append(units, order.Uint32(body))
		} else {
			units = append(units, uint32(order.Uint16(body)))
		}
	}
	return fromUnits(units, width)
}

func fromUnits(units []uint32, width int) []byte {
	out := make([]byte, 0, len(units))
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if width == 2 && utf16.IsSurrogate(r) && i+1 < len(units) {
			if pair := utf16.DecodeRune(r, rune(units[i+1])); pair != utf8.RuneError {
				r, i = pair, i+1
			}
		}
		if r != '\ufeff' || i > 0 {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// unitOf returns how wide the units of a text are, in bytes, as json.detect_encoding does: by
// a mark, or by where the zeros of its first characters are.
func unitOf(b []byte) (int, binary.ByteOrder) {
	if len(b) < 2 || len(b) == 3 {
		return 1, nil
	}
	first, second := b[0], b[1]
	switch {
	case len(b) >= 4 && (bytes.HasPrefix(b, []byte{0, 0, 0xfe, 0xff}) || first == 0 && second == 0):
		return 4, binary.BigEndian
	case len(b) >= 4 && (bytes.HasPrefix(b, []byte{0xff, 0xfe, 0, 0}) || second == 0 && b[2] == 0 && b[3] == 0):
		return 4, binary.LittleEndian
	case first == 0xfe && second == 0xff, first == 0:
		return 2, binary.BigEndian
	case first == 0xff && second == 0xfe, second == 0:
		return 2, binary.LittleEndian
	}
	return 1, nil
}
