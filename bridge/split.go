package bridge

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Section is a part of a text, in bytes, and the number of its tokens when it is encoded
// alone.
type Section struct {
	Offset
	Tokens int
}

// Boundary says where Split would rather end a section.
type Boundary string

// The boundaries. Where a section has none of the kind, the next finer one is looked for:
// the end of a word, then of a character.
const (
	AtCharacter Boundary = ""     // as late as it fits
	AtWord      Boundary = "word" // after a word
	AtLine      Boundary = "line" // after a newline, else after a word
)

// Split cuts a text into sections of at most n tokens each when encoded alone, without
// begin and end of sequence.
//
// Law: they begin and end between two characters, cover the text, and each ends after the
// one before it. Each begins where the one before it ends, or earlier, so that it has its
// last characters again: as many as have at most overlap tokens alone, unless nothing new
// would fit beside them. With AtCharacter a section is the longest that fits; the other
// boundaries take the last one of that kind. There are none of an empty text.
//
// It takes one crossing, in which each section is encoded a few times, and what is near its
// end for each cut that is tried. Errors:
// ErrInvalidUTF8; a *mistral.InputError for n below 1, or an overlap that is negative or not
// below n, or for a character, at its Offset, that has more than n tokens alone.
func (t *Tokenizer) Split(ctx context.Context, text string, n, overlap int, b Boundary) ([]Section, error) {
	return do(ctx, t.rt, t.splitCall(text, n, overlap, b))
}

// SplitAsync is Split as a future.
func (t *Tokenizer) SplitAsync(ctx context.Context, text string, n, overlap int, b Boundary) *async.Future[[]Section] {
	return start(ctx, t.rt, t.splitCall(text, n, overlap, b))
}

func (t *Tokenizer) splitCall(text string, n, overlap int, b Boundary) call[[]Section] {
	prefer := string(b)
	e := &jsonenc.Encoder{Buf: wire.NewFrame(t.header(wire.OpSplit, 0), 64+len(text))}
	e.Open('{')
	e.OptString("text", &text)
	e.Key("n")
	e.Integer(int64(n))
	e.Key("overlap")
	e.Integer(int64(overlap))
	e.OptString("prefer", &prefer)
	e.Close('}')
	c := call[[]Section]{op: "split", frame: wire.Seal(e.Buf), err: t.check(e.Err), read: readSections}
	switch {
	case !utf8.ValidString(text):
		c.err = notUTF8("", text)
	case n < 1:
		c.err = &mistral.InputError{Place: "n", Offset: -1, Err: fmt.Errorf("no section has %d tokens", n)}
	case overlap < 0 || overlap >= n:
		c.err = &mistral.InputError{Place: "overlap", Offset: -1, Err: fmt.Errorf("%d tokens are not from 0 to below %d", overlap, n)}
	case b != AtCharacter && b != AtWord && b != AtLine:
		c.err = &mistral.InputError{Place: "boundary", Offset: -1, Err: fmt.Errorf("there is no boundary %q; there are word and line", prefer)}
	}
	return c
}

func readSections(r *wire.Reply) ([]Section, error) {
	if r.Aux != 0 {
		return nil, &mistral.InputError{Place: "text", Offset: int(r.Aux) - 1, Err: errors.New("a character has more tokens alone than a section may have")}
	}
	if len(r.Ints)%3 != 0 {
		return nil, fmt.Errorf("%d numbers of sections", len(r.Ints))
	}
	out := make([]Section, 0, len(r.Ints)/3)
	for i := 0; i < len(r.Ints); i += 3 {
		out = append(out, Section{Offset{int(r.Ints[i]), int(r.Ints[i+1])}, int(r.Ints[i+2])})
	}
	return out, nil
}
