package bridge

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Truncate returns the longest begin of a text that has at most n tokens when it is itself
// encoded, without begin and end of sequence. It ends between two characters; where not
// even one fits, it is empty.
//
// Cutting the ids of the whole text is something else: what they decode to may have more
// tokens. All cuts are tried, up to where 12 tokens too many end. It takes one crossing,
// in which the begin of the text is encoded a few times, and what is near a cut for each of
// some tens or, of a long run of spaces, some hundreds. Errors: ErrInvalidUTF8,
// and a *mistral.InputError for a negative n.
func (t *Tokenizer) Truncate(ctx context.Context, text string, n int) (string, error) {
	return do(ctx, t.rt, t.truncateCall(text, n, "right"))
}

// TruncateAsync is Truncate as a future.
func (t *Tokenizer) TruncateAsync(ctx context.Context, text string, n int) *async.Future[string] {
	return start(ctx, t.rt, t.truncateCall(text, n, "right"))
}

// TruncateLeft is Truncate that drops the begin of a text and keeps its end.
func (t *Tokenizer) TruncateLeft(ctx context.Context, text string, n int) (string, error) {
	return do(ctx, t.rt, t.truncateCall(text, n, "left"))
}

// TruncateLeftAsync is TruncateLeft as a future.
func (t *Tokenizer) TruncateLeftAsync(ctx context.Context, text string, n int) *async.Future[string] {
	return start(ctx, t.rt, t.truncateCall(text, n, "left"))
}

func (t *Tokenizer) truncateCall(text string, n int, side string) call[string] {
	e := &jsonenc.Encoder{Buf: wire.NewFrame(t.header(wire.OpTruncate, 0), 64+len(text))}
	e.Open('{')
	e.OptString("text", &text)
	e.Key("n")
	e.Integer(int64(n))
	e.OptString("side", &side)
	e.Close('}')
	c := call[string]{op: "truncate", frame: wire.Seal(e.Buf), err: t.check(e.Err), read: func(r *wire.Reply) (string, error) {
		if len(r.Ints) != 2 || r.Ints[0] < 0 || r.Ints[0] > r.Ints[1] || int(r.Ints[1]) > len(text) {
			return "", fmt.Errorf("part %v of %d bytes", r.Ints, len(text))
		}
		return text[r.Ints[0]:r.Ints[1]], nil
	}}
	switch {
	case !utf8.ValidString(text):
		c.err = notUTF8("", text)
	case n < 0:
		c.err = &mistral.InputError{Place: "n", Offset: -1, Err: fmt.Errorf("%d tokens are less than none", n)}
	}
	return c
}
