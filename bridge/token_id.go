package bridge

import (
	"fmt"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// TokenIDError is an id that is none of the vocabulary's. It is an ErrInvalidRequest.
//
// The reference's words name another number, or it does not notice: a Tekkenizer takes a
// negative id for one counted from the end of its special tokens.
type TokenIDError struct {
	Op    string // the operation that failed
	ID    int32  // the one that does not exist
	Index int    // its place in the ids
	Words int    // size of the vocabulary, whose ids begin at 0
	Err   error  // the reference's own *PyError, nil where it raises none
}

// Error names the id and its place.
func (e *TokenIDError) Error() string {
	text := fmt.Sprintf("%s: tokens[%d] is %d, and the vocabulary has the ids 0 to %d", e.Op, e.Index, e.ID, e.Words-1)
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	return text
}

// Unwrap returns the reference's own error.
func (e *TokenIDError) Unwrap() error { return e.Err }

// Is makes it an ErrInvalidRequest.
func (e *TokenIDError) Is(target error) bool { return target == ErrInvalidRequest }

// firstUnknown is the first id that is none of the vocabulary's, nil if all are.
func (t *Tokenizer) firstUnknown(op string, ids []int32) *TokenIDError {
	for i, id := range ids {
		if id < 0 || t.desc.Words > 0 && int(id) >= t.desc.Words {
			return &TokenIDError{Op: op, ID: id, Index: i, Words: t.desc.Words}
		}
	}
	return nil
}

// checkingIDs is c, of whose ids the first unknown one is the error.
func checkingIDs[T any](t *Tokenizer, c call[T], ids ...int32) call[T] {
	unknown := t.firstUnknown(c.op, ids)
	if unknown == nil {
		return c
	}
	c = explainingIDs(t, c, ids...)
	read := c.read
	c.read = func(r *wire.Reply) (T, error) {
		v, err := read(r)
		if err == nil {
			err = unknown
		}
		return v, err
	}
	return c
}

// explainingIDs is c for a question to which the reference may have an answer for any
// number; where it has none, the first unknown id is named.
func explainingIDs[T any](t *Tokenizer, c call[T], ids ...int32) call[T] {
	unknown := t.firstUnknown(c.op, ids)
	if unknown == nil {
		return c
	}
	c.explain = func(pe *PyError) error {
		if pe.reason() != ReasonRejected {
			return pe
		}
		e := *unknown
		e.Err = pe
		return &e
	}
	return c
}
