package bridge

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// The encoder for requests. It is ours because what crosses is exact to the
// byte: key order as declared, raw JSON verbatim, strings that are not UTF-8
// refused instead of mended, and no second pass over half a megabyte of text.

// encoder appends JSON to buf; the first failure stays in err.
type encoder struct {
	buf   []byte
	err   error
	comma bool
}

func (e *encoder) open(c byte)  { e.sep(); e.buf = append(e.buf, c); e.comma = false }
func (e *encoder) close(c byte) { e.buf = append(e.buf, c); e.comma = true }

func (e *encoder) sep() {
	if e.comma {
		e.buf = append(e.buf, ',')
	}
}

// key starts a member; its value follows.
func (e *encoder) key(name string) {
	e.sep()
	e.buf = append(e.buf, '"')
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, '"', ':')
	e.comma = false
}

// part writes an element of a list of messages or chunks, in which there may be
// none where one was forgotten.
func (e *encoder) part(list string, i int, p interface{ encode(*encoder) }, noun string) {
	if isNil(p) {
		e.refuse(&InputError{Place: place(list, i), Offset: -1, Err: fmt.Errorf("%s %d is nil", noun, i)})
		return
	}
	element(e, list, i, p)
}

// element writes an element of a list; an error inside it names the list and the index.
// A place is put together once there is an error, and costs nothing before.
func element[T interface{ encode(*encoder) }](e *encoder, list string, i int, p T) {
	failed := e.err != nil
	p.encode(e)
	if !failed && e.err != nil {
		e.err = within(place(list, i), e.err)
	}
}

func place(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// member writes a member whose own places are within it.
func member[T interface{ encode(*encoder) }](e *encoder, name string, p T) {
	e.key(name)
	failed := e.err != nil
	p.encode(e)
	if !failed && e.err != nil {
		e.err = within(name, e.err)
	}
}

// refuse keeps the first failure.
func (e *encoder) refuse(err error) {
	if e.err == nil {
		e.err = err
	}
}

// raw writes JSON as it is, if it is one value: nothing in it can end what it is put
// into. place is its place in the caller's data, noun what it should have been.
func (e *encoder) raw(text []byte, place, noun string) {
	if err := checkJSON(text, noun); err != nil {
		err.Place = place
		e.refuse(err)
		return
	}
	e.sep()
	e.buf = append(e.buf, text...)
	e.comma = true
}

// given writes a member that has to be there.
func (e *encoder) given(name string, p interface{ encode(*encoder) }) {
	if isNil(p) {
		e.refuse(&InputError{Offset: -1, Err: errors.New("nil " + nounOf(p))})
		return
	}
	e.key(name)
	p.encode(e)
}

// nounOf is how an error names what is nil.
func nounOf(p any) string {
	if _, ok := p.(request); ok {
		return "request"
	}
	return "argument"
}

// optPart writes a member of a type that may be nil.
func (e *encoder) optPart(name string, p interface{ encode(*encoder) }) {
	if !isNil(p) {
		member(e, name, p)
	}
}

// optRaw writes a member that is JSON already, or nil.
func (e *encoder) optRaw(name string, text []byte, place string) {
	if text != nil {
		e.key(name)
		e.raw(text, place, place)
	}
}

func (e *encoder) literal(text string) {
	e.sep()
	e.buf = append(e.buf, text...)
	e.comma = true
}

func (e *encoder) str(s, place string) {
	if !utf8.ValidString(s) {
		e.refuse(notUTF8(place, s))
	}
	e.sep()
	e.buf = appendString(e.buf, s)
	e.comma = true
}

func (e *encoder) optString(name string, v *string) {
	if v != nil {
		e.key(name)
		e.str(*v, name)
	}
}

// orNull writes a string, or null for nil.
func (e *encoder) orNull(name string, v *string) {
	if v == nil {
		e.key(name)
		e.literal("null")
	}
	e.optString(name, v)
}

// stringsOrNull writes a list of strings, or null for nil.
func stringsOrNull[T ~string](e *encoder, name string, list []T) {
	e.key(name)
	if list == nil {
		e.literal("null")
		return
	}
	e.open('[')
	for _, s := range list {
		e.str(string(s), name)
	}
	e.close(']')
}

func (e *encoder) optBool(name string, v *bool) {
	if v != nil {
		e.key(name)
		e.literal(strconv.FormatBool(*v))
	}
}

func (e *encoder) integer(v int64) { e.literal(strconv.FormatInt(v, 10)) }

func (e *encoder) optInt(name string, v *int64) {
	if v != nil {
		e.key(name)
		e.integer(*v)
	}
}

func (e *encoder) optFloat(name string, v *float64) {
	if v != nil {
		e.key(name)
		e.literal(formatFloat(*v))
	}
}

// formatFloat writes a float so that Python reads the same one back, NaN and
// the infinities in the form that json.loads takes.
func formatFloat(v float64) string {
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

// appendString appends s, which is UTF-8, as a JSON string: only what JSON
// demands is escaped.
func appendString(dst []byte, s string) []byte {
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
	return append(append(dst, s[start:]...), '"')
}
