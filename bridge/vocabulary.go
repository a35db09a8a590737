package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// pieceKind is what a piece is to a decoder; pyshim/ops/token_bytes.py has the same numbers.
type pieceKind = byte

const (
	pieceText    pieceKind = iota
	pieceSpecial           // decoded by policy
	pieceByte              // <0x0A> of SentencePiece
	pieceUnknown           // <unk> of SentencePiece
)

// sentencePieceSpace is what SentencePiece writes for a space.
const sentencePieceSpace = "▁"

// vocabulary is what decodes without Python. Never written after it was read.
type vocabulary struct {
	pieces string // one after the other
	ends   []uint32
	kinds  []byte
	rules  decodeRules
	// longest is the length of the longest piece that is text, in bytes.
	longest int
}

// decodeRules are what the reference's decode does beyond writing pieces.
type decodeRules struct {
	Bytes    bool   `json:"bytes"`     // pieces are bytes, as a Tekkenizer's
	Strip    bool   `json:"strip"`     // a space before the text is a dummy
	StripAll bool   `json:"strip_all"` // so is that of each piece before there is text
	Unknown  string `json:"unknown"`   // what is written for an unknown piece
}

func (v *vocabulary) words() int { return len(v.ends) }

func (v *vocabulary) piece(id int32) string {
	start := uint32(0)
	if id > 0 {
		start = v.ends[id-1]
	}
	return v.pieces[start:v.ends[id]]
}

// byteOf is the byte that a piece such as <0x0A> stands for.
func byteOf(piece string) byte {
	b, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(piece, "<0x"), ">"), 16, 8)
	return byte(b)
}

// spelled is a piece's bytes in a text, with no regard to what is before it.
func (v *vocabulary) spelled(id int32) string {
	piece := v.piece(id)
	switch {
	case v.rules.Bytes || v.kinds[id] == pieceSpecial:
		return piece
	case v.kinds[id] == pieceByte:
		return string([]byte{byteOf(piece)})
	case v.kinds[id] == pieceUnknown:
		return v.rules.Unknown
	}
	return strings.ReplaceAll(piece, sentencePieceSpace, " ")
}

// check is the error of an id that is none of the vocabulary's.
func (v *vocabulary) check(op string, ids []int32) error {
	for i, id := range ids {
		if id < 0 || int(id) >= v.words() {
			return &TokenIDError{Op: op, ID: id, Index: i, Words: v.words()}
		}
	}
	return nil
}

// vocabulary brings the vocabulary over; the second time it is there already. Several who
// ask at once may each bring it.
func (t *Tokenizer) vocabulary(ctx context.Context) (*vocabulary, error) {
	if v := t.words.Load(); v != nil {
		return v, t.check(nil)
	}
	return do(ctx, t.rt, t.vocabularyCall())
}

// withVocabulary is what get makes of the vocabulary, as a future. No goroutine waits.
func withVocabulary[T any](ctx context.Context, t *Tokenizer, get func(*vocabulary) (T, error)) *async.Future[T] {
	if v := t.words.Load(); v != nil {
		if err := t.check(nil); err != nil {
			return async.Failed[T](err)
		}
		got, err := get(v)
		if err != nil {
			return async.Failed[T](err)
		}
		return async.Ready(got)
	}
	f := start(ctx, t.rt, t.vocabularyCall())
	return async.Lazy(f, func() (T, error) {
		v, err := f.Result()
		if err != nil {
			var none T
			return none, err
		}
		return get(v)
	})
}

func (t *Tokenizer) vocabularyCall() call[*vocabulary] {
	frame := wire.Frame(t.header(wire.OpVocabulary, 0), "")
	return call[*vocabulary]{op: "vocabulary", frame: frame, err: t.check(nil), read: func(r *wire.Reply) (*vocabulary, error) {
		v, err := readVocabulary(r)
		if err == nil {
			t.words.Store(v)
		}
		return v, err
	}}
}

func readVocabulary(r *wire.Reply) (*vocabulary, error) {
	if len(r.Bufs) != 2 || len(r.Bufs[1]) != len(r.Ints) {
		return nil, fmt.Errorf("%d buffers of %d pieces", len(r.Bufs), len(r.Ints))
	}
	v := &vocabulary{pieces: string(r.Bufs[0]), ends: make([]uint32, len(r.Ints)), kinds: r.Bufs[1]}
	if err := json.Unmarshal(r.Body, &v.rules); err != nil {
		return nil, err
	}
	end := 0
	for i, n := range r.Ints {
		if n < 0 || int(n) > len(v.pieces)-end {
			return nil, fmt.Errorf("piece of %d bytes in %d", n, len(v.pieces)-end)
		}
		end += int(n)
		v.ends[i] = uint32(end)
		if v.kinds[i] != pieceSpecial {
			v.longest = max(v.longest, int(n))
		}
	}
	if end != len(v.pieces) {
		return nil, fmt.Errorf("%d bytes are no piece", len(v.pieces)-end)
	}
	return v, nil
}
