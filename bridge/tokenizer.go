package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Tokenizer is a loaded tokenizer. Its methods may be called from any number of
// goroutines. It equals mistral_common's MistralTokenizer.
type Tokenizer struct {
	rt       *Runtime
	id       uint32
	src      Source
	desc     Description
	descJSON json.RawMessage
	warnings []Warning
	closed   atomic.Bool
	words    atomic.Pointer[vocabulary] // nil until something asks for it
}

// Description is what the reference says of a tokenizer.
type Description struct {
	Class         string          `json:"cls"`     // InstructTokenizerV3, …; empty for a bare one
	Raw           string          `json:"raw"`     // Tekkenizer or SentencePieceTokenizer
	Version       string          `json:"version"` // v1, v2, v3, v7, v11, v13, v15
	Words         int             `json:"n_words"`
	SpecialTokens int             `json:"nsp"`
	Image         json.RawMessage `json:"image"` // null, or {cls, cfg, ids}
	Audio         json.RawMessage `json:"audio"` // null, or {cls, cfg, ids}
	Mode          string          `json:"mode"`
	Validator     string          `json:"val"`
	Normalizer    string          `json:"norm"`
	RequestClass  string          `json:"cls_req"`
	Shortcuts     []string        `json:"shortcuts"` // those known to be exact in this release of the reference: text, pack, memo, layouts, schemas
}

// Describe returns what the reference said when the tokenizer was loaded.
func (t *Tokenizer) Describe() Description { return t.desc }

// DescriptionJSON is the same in the reference's words, with every key.
func (t *Tokenizer) DescriptionJSON() json.RawMessage { return t.descJSON }

// Warnings are what loading it warned of: a SentencePiece file whose name says another
// version than what is in it, or a Model that stands for a file that is not its own.
func (t *Tokenizer) Warnings() []Warning { return t.warnings }

func (t *Tokenizer) setWarnings(w []Warning) { t.warnings = w }

// Source says what the tokenizer was loaded from.
func (t *Tokenizer) Source() Source { return t.src }

// Close gives the tokenizer back; Python drops the object with its last handle.
// Calls that began before finish first. Closing again does nothing. A tokenizer
// whose Close failed, its context having ended, goes with its Runtime.
func (t *Tokenizer) Close(ctx context.Context) error {
	if t.closed.Swap(true) || !t.rt.handles.take(t.id) {
		return nil
	}
	_, err := do(ctx, t.rt, call[struct{}]{
		op: "unload", frame: unloadFrame(t.id),
		read: func(*wire.Reply) (struct{}, error) { return struct{}{}, nil },
	})
	var refused *PyError
	if err != nil && !errors.As(err, &refused) {
		t.rt.handles.add(t.id) // it may still be open: Runtime.Close closes it
	}
	return err
}

func (t *Tokenizer) header(op wire.Op, flags uint32) wire.Header {
	return wire.Header{Op: op, Handle: t.id, Flags: flags, Arg: wire.NoArg}
}

// check is the error of a call on a closed tokenizer.
func (t *Tokenizer) check(err error) error {
	if t.closed.Load() {
		return ErrClosed
	}
	return err
}
