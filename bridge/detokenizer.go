package bridge

import (
	"context"
	"strings"

	"github.com/mistralbridge/mistralbridge/async"
)

// Detokenizer turns ids into text as they come, as those of a model that writes do.
//
// Law: what its calls return, one after the other and Flush's last, is what Decode makes of
// all ids, however they were cut; and no call returns a part of a character. With Raise,
// the first special token is an error here as it is there.
//
// It works in Go, in time that depends on the new ids alone. It belongs to one goroutine
// at a time; any number of them may share a Tokenizer. It needs no Close, and outlives its
// Tokenizer.
type Detokenizer struct {
	vocab  *vocabulary
	policy Policy
	begun  bool   // there is text, or the dummy space is gone: spaces count now
	text   bool   // there is text
	led    bool   // the last piece has had the dummy space
	tail   []byte // the begin of a character, at most three bytes
}

// NewDetokenizer returns a Detokenizer at the begin of a text. The first one of a
// Tokenizer brings the vocabulary over, a few megabytes; ctx is for that.
func (t *Tokenizer) NewDetokenizer(ctx context.Context, p Policy) (*Detokenizer, error) {
	v, err := t.vocabulary(ctx)
	if err != nil {
		return nil, err
	}
	return newDetokenizer(v, p)
}

// NewDetokenizerAsync is NewDetokenizer as a future.
func (t *Tokenizer) NewDetokenizerAsync(ctx context.Context, p Policy) *async.Future[*Detokenizer] {
	return withVocabulary(ctx, t, func(v *vocabulary) (*Detokenizer, error) { return newDetokenizer(v, p) })
}

func newDetokenizer(v *vocabulary, p Policy) (*Detokenizer, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return &Detokenizer{vocab: v, policy: p}, nil
}

// Add takes the next ids and returns the text that is whole with them; it may be "".
// Errors: *TokenIDError for an id that the vocabulary does not have, and with Raise
// *SpecialTokenError for a special token; of a call that fails no id is taken.
func (d *Detokenizer) Add(ids ...int32) (string, error) {
	if err := d.check(ids); err != nil {
		return "", err
	}
	var out []byte
	for _, id := range ids {
		out = d.add(out, id)
	}
	return string(out), nil
}

// Flush returns what is left: a character that has not been finished, as U+FFFD. After it
// the Detokenizer is at the begin of another text.
func (d *Detokenizer) Flush() string {
	out := d.flush(nil)
	*d = Detokenizer{vocab: d.vocab, policy: d.policy}
	return string(out)
}

func (d *Detokenizer) check(ids []int32) error {
	if err := d.vocab.check("detokenize", ids); err != nil {
		return err
	}
	if d.policy != Raise {
		return nil
	}
	for i, id := range ids {
		if d.vocab.kinds[id] == pieceSpecial {
			return &SpecialTokenError{ID: id, Index: i, Name: d.vocab.piece(id)}
		}
	}
	return nil
}

// add appends the text that an id finishes.
func (d *Detokenizer) add(out []byte, id int32) []byte {
	v, kind := d.vocab, d.vocab.kinds[id]
	switch {
	case v.rules.Bytes && kind != pieceSpecial:
		return d.bytes(out, v.piece(id))
	case v.rules.Bytes:
		// Python decodes what is between two special tokens by itself.
		out = d.flush(out)
		if d.policy == Keep {
			out = append(out, v.piece(id)...)
		}
		return out
	case d.policy == Keep:
		return append(out, v.piece(id)...) // pieces as they are, ▁ and <0x0A> too
	case kind == pieceByte:
		return d.bytes(out, string([]byte{byteOf(v.piece(id))}))
	}
	return d.sentencePiece(out, id, kind)
}

// sentencePiece appends what SentencePiece's decode writes for a piece that is no byte.
func (d *Detokenizer) sentencePiece(out []byte, id int32, kind pieceKind) []byte {
	out = d.flush(out)
	d.begun = d.begun || d.led || d.text
	d.led = false
	var piece string
	switch kind {
	case pieceSpecial:
	case pieceUnknown:
		piece = d.vocab.rules.Unknown
	default:
		piece = d.vocab.piece(id)
		if !d.begun && d.vocab.rules.Strip {
			rest, stripped := strings.CutPrefix(piece, sentencePieceSpace)
			piece, d.led = rest, stripped && !d.vocab.rules.StripAll
		}
		piece = strings.ReplaceAll(piece, sentencePieceSpace, " ")
	}
	d.text = d.text || piece != ""
	return append(out, piece...)
}
