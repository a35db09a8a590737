package bridge

import (
	"errors"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// family is an operation that encodes requests of one kind.
type family struct {
	op   wire.Op
	name string // of the reference's method
}

// request is a typed request of any family.
type request interface {
	AppendJSON(dst []byte) ([]byte, error)
}

func (t *Tokenizer) requestCall(f family, req request, opts []EncodeOption) call[*Tokenized] {
	c := call[*Tokenized]{op: f.name, read: readTokenized}
	if jsonenc.IsNil(req) {
		c.err = errNilRequest
		return c
	}
	frame, err := req.AppendJSON(wire.NewFrame(t.encodeHeader(f.op, opts, 0), 0))
	c.frame, c.err = wire.Seal(frame), t.check(err)
	return c
}

func (t *Tokenizer) requestJSONCall(f family, request []byte, opts []EncodeOption) call[*Tokenized] {
	c := call[*Tokenized]{op: f.name, read: readTokenized}
	if !utf8.Valid(request) {
		c.err = notUTF8("", request)
		return c
	}
	c.frame, c.err = wire.Frame(t.encodeHeader(f.op, opts, 0), request), t.check(nil)
	return c
}

var errNilRequest = &mistral.InputError{Offset: -1, Err: errors.New("nil request")}
