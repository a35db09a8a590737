package bridge

import (
	"errors"
	"reflect"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// family is an operation that encodes requests of one kind.
type family struct {
	op   wire.Op
	name string // of the reference's method
}

// request is a typed request of any family.
type request interface {
	encode(*encoder)
	size() int
}

func (t *Tokenizer) requestCall(f family, req request, opts []EncodeOption) call[*Tokenized] {
	c := call[*Tokenized]{op: f.name, media: true, read: readTokenized}
	if isNil(req) {
		c.err = errNilRequest
		return c
	}
	e := &encoder{buf: wire.NewFrame(t.encodeHeader(f.op, opts, 0), req.size())}
	req.encode(e)
	c.frame, c.err = wire.Seal(e.buf), t.check(e.err)
	return c
}

func (t *Tokenizer) requestJSONCall(f family, request []byte, opts []EncodeOption) call[*Tokenized] {
	c := call[*Tokenized]{op: f.name, media: true, read: readTokenized}
	if !utf8.Valid(request) {
		c.err = notUTF8("", request)
		return c
	}
	c.frame, c.err = wire.Frame(t.encodeHeader(f.op, opts, 0), request), t.check(nil)
	return c
}

var errNilRequest = &InputError{Offset: -1, Err: errors.New("nil request")}

func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil()
}
