// Package jsonenc writes the JSON of requests. It is ours because what crosses is exact
// to the byte: key order as declared, raw JSON verbatim, strings that are not UTF-8
// refused instead of mended, and no second pass over half a megabyte of text.
package jsonenc

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge/internal/preemptible"
)

// Encoder appends JSON to Buf; the first failure stays in Err. Its zero value is ready.
type Encoder struct {
	Buf   []byte
	Err   error
	comma bool
}

// Open starts an object or a list, with its bracket.
func (e *Encoder) Open(c byte) { e.Sep(); e.Buf = append(e.Buf, c); e.comma = false }

// Close ends it.
func (e *Encoder) Close(c byte) { e.Buf = append(e.Buf, c); e.comma = true }

// Sep writes the comma before a value, where there has to be one.
func (e *Encoder) Sep() {
	if e.comma {
		e.Buf = append(e.Buf, ',')
	}
}

// Key starts a member; its value follows.
func (e *Encoder) Key(name string) {
	e.Sep()
	e.Buf = append(e.Buf, '"')
	e.Buf = append(e.Buf, name...)
	e.Buf = append(e.Buf, '"', ':')
	e.comma = false
}

// Append writes a member whose text write appends: one value.
func (e *Encoder) Append(name string, write func(dst []byte) ([]byte, error)) {
	e.Key(name)
	text, err := write(e.Buf)
	if err != nil {
		e.Refuse(err)
	}
	e.Buf, e.comma = text, true
}

// Bytes writes Python's bytes: {"__bytes__": base64}.
func (e *Encoder) Bytes(data []byte) {
	e.Open('{')
	e.Key("__bytes__")
	e.Buf = append(base64.StdEncoding.AppendEncode(append(e.Buf, '"'), data), '"')
	e.Close('}')
}

// StrKey starts a member whose name is the caller's.
func (e *Encoder) StrKey(name, place string) {
	e.Str(name, place)
	e.Buf = append(e.Buf, ':')
	e.comma = false
}

// Refuse keeps the first failure.
func (e *Encoder) Refuse(err error) {
	if e.Err == nil {
		e.Err = err
	}
}

// Raw writes JSON as it is, if it is one value: nothing in it can end what it is put
// into. place is its place in the caller's data, noun what it should have been.
func (e *Encoder) Raw(text []byte, place, noun string) {
	if err := CheckJSON(text, noun); err != nil {
		err.Place = place
		e.Refuse(err)
		return
	}
	e.Sep()
	e.Buf = preemptible.Append(e.Buf, text)
	e.comma = true
}

// OptRaw writes a member that is JSON already, or nil.
func (e *Encoder) OptRaw(name string, text []byte, place string) {
	if text != nil {
		e.Key(name)
		e.Raw(text, place, place)
	}
}

// Literal writes a value that is JSON already.
func (e *Encoder) Literal(text string) {
	e.Sep()
	e.Buf = append(e.Buf, text...)
	e.comma = true
}

// Str writes a string, refused at its place if it is not UTF-8.
func (e *Encoder) Str(s, place string) {
	if !utf8.ValidString(s) {
		e.Refuse(NotUTF8(place, s))
	}
	e.Sep()
	e.Buf = AppendString(e.Buf, s)
	e.comma = true
}

// OptString writes a string that may be absent.
func (e *Encoder) OptString(name string, v *string) {
	if v != nil {
		e.Key(name)
		e.Str(*v, name)
	}
}

// OrNull writes a string, or null for nil.
func (e *Encoder) OrNull(name string, v *string) {
	if v == nil {
		e.Key(name)
		e.Literal("null")
	}
	e.OptString(name, v)
}

// StringsOrNull writes a list of strings, or null for nil.
func StringsOrNull[T ~string](e *Encoder, name string, list []T) {
	e.Key(name)
	if list == nil {
		e.Literal("null")
		return
	}
	e.Open('[')
	for _, s := range list {
		e.Str(string(s), name)
	}
	e.Close(']')
}

// OptBool writes a bool that may be absent.
func (e *Encoder) OptBool(name string, v *bool) {
	if v != nil {
		e.Key(name)
		e.Literal(strconv.FormatBool(*v))
	}
}

// Integer writes a number.
func (e *Encoder) Integer(v int64) { e.Literal(strconv.FormatInt(v, 10)) }

// OptInt writes a number that may be absent.
func (e *Encoder) OptInt(name string, v *int64) {
	if v != nil {
		e.Key(name)
		e.Integer(*v)
	}
}

// OptFloat writes a number that may be absent.
func (e *Encoder) OptFloat(name string, v *float64) {
	if v != nil {
		e.Key(name)
		e.Literal(FormatFloat(*v))
	}
}

// FormatFloat writes a float so that Python reads the same one back, NaN and
// the infinities in the form that json.loads takes.
func FormatFloat(v float64) string {
	switch {
	case v != v:
		return "NaN"
	case v > maxFloat:
		return "Infinity"
	case v < -maxFloat:
		return "-Infinity"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

const maxFloat = 0x1p1023 * (1 + (1 - 0x1p-52))

const hexDigits = "0123456789abcdef"

// AppendString appends s, which is UTF-8, as a JSON string: only what JSON
// demands is escaped.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\r':
			dst = append(dst, '\\', 'r')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(preemptible.Append(dst, s[start:]), '"')
}
