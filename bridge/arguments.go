package bridge

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// argumentsCall is an operation whose body e has written.
func argumentsCall(h wire.Header, name string, e *jsonenc.Encoder) call[json.RawMessage] {
	return call[json.RawMessage]{op: name, frame: wire.Frame(h, e.Buf), err: e.Err, read: readJSON}
}

// argumentsJSONCall is an operation whose body is given, to be passed on as it is.
func argumentsJSONCall(h wire.Header, name string, args []byte) call[json.RawMessage] {
	c := call[json.RawMessage]{op: name, frame: wire.Frame(h, args), read: readJSON}
	if !utf8.Valid(args) {
		c.err = notUTF8("", args)
	}
	return c
}

// runtimeHeader is that of an operation that needs no tokenizer.
func runtimeHeader(op wire.Op) wire.Header { return wire.Header{Op: op, Arg: wire.NoArg} }

// checked is a call on a tokenizer, which must be open.
func checked[T any](t *Tokenizer, c call[T]) call[T] {
	if c.err == nil {
		c.err = t.check(nil)
	}
	return c
}

// reading is c with another reading of its reply.
func reading[T any](c call[json.RawMessage], read func(*wire.Reply) (T, error)) call[T] {
	return call[T]{op: c.op, frame: c.frame, err: c.err, skip: c.skip, read: read}
}

// value reads a reply as the Go value of its JSON.
func value[T any](r *wire.Reply) (v T, err error) {
	return v, json.Unmarshal(jsonenc.WithoutNonFinite(r.Body, false), &v)
}

// required writes a member that has to be there; noun is what an error calls it.
func required(e *jsonenc.Encoder, name string, v any, noun string, write func([]byte) ([]byte, error)) {
	if jsonenc.IsNil(v) {
		e.Refuse(&jsonenc.Error{Offset: -1, Err: errors.New("nil " + noun)})
		return
	}
	e.Append(name, write)
}

// appendMarshalled appends a value of package mistral that stands for an object.
func appendMarshalled(dst []byte, v json.Marshaler) ([]byte, error) {
	text, err := v.MarshalJSON()
	return append(dst, text...), err
}

// notUTF8 says where text, which is not UTF-8, stops being it.
func notUTF8[T string | []byte](place string, text T) error {
	return seam.Refused(jsonenc.NotUTF8(place, text))
}
