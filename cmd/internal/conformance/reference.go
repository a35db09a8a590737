package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// files are the tokenizers that the reference carries.
var files = map[string]string{
	"v1":           "tokenizer.model.v1",
	"v2":           "mistral_instruct_tokenizer_240216.model.v2",
	"v3":           "mistral_instruct_tokenizer_240323.model.v3",
	"v7":           "mistral_instruct_tokenizer_241114.model.v7",
	"v7-mm":        "mistral_instruct_tokenizer_241114.model.v7m1",
	"v3-tekken":    "tekken_240718.json",
	"v3-tekken-mm": "tekken_240911.json",
}

// Tokenizers are the names of those that the reference carries.
func Tokenizers() []string {
	return slices.Sorted(maps.Keys(files))
}

// Embedded is the reference in this process.
type Embedded struct {
	rt     *bridge.Runtime
	loaded map[string]*bridge.Tokenizer
}

// NewEmbedded asks a Runtime, which outlives it and should have no memo: what was
// asked before must not be quicker to answer. It serves one goroutine.
func NewEmbedded(rt *bridge.Runtime) *Embedded {
	return &Embedded{rt: rt, loaded: map[string]*bridge.Tokenizer{}}
}

func (e *Embedded) tokenizer(ctx context.Context, name string) (*bridge.Tokenizer, error) {
	if t := e.loaded[name]; t != nil {
		return t, nil
	}
	t, err := e.rt.Load(ctx, bridge.Shipped(name))
	if err != nil {
		return nil, err
	}
	e.loaded[name] = t
	return t, nil
}

// Ask is what the reference says. What it raises is an answer too.
func (e *Embedded) Ask(ctx context.Context, tokenizer string, q Question) (a Answer, err error) {
	t, err := e.tokenizer(ctx, tokenizer)
	if err != nil {
		return a, err
	}
	switch q.Op {
	case Encode:
		a.IDs, err = t.EncodeText(ctx, q.Text, false, false)
	case Decode:
		a.Text, err = t.Decode(ctx, q.IDs, bridge.Ignore)
	case Chat:
		var done *bridge.Tokenized
		if done, err = t.EncodeChatJSON(ctx, q.Request, bridge.WithoutMedia()); err == nil {
			a.IDs = done.Tokens
		}
	case Count:
		if q.Request != nil {
			a.N, err = t.CountJSON(ctx, q.Request)
		} else {
			a.N, err = t.CountText(ctx, q.Text, false, false)
		}
	}
	var raised *bridge.PyError
	if errors.As(err, &raised) {
		return Answer{Refused: raised.Type + ": " + raised.Message}, nil
	}
	return a, err
}

// Pieces are those of the reference's vocabulary.
func (e *Embedded) Pieces(ctx context.Context, tokenizer string, ids []int32) ([][]byte, error) {
	t, err := e.tokenizer(ctx, tokenizer)
	if err != nil {
		return nil, err
	}
	pieces := make([][]byte, len(ids))
	for i, id := range ids {
		if id < 0 || int(id) >= t.Describe().Words {
			continue
		}
		one, err := t.Pieces(ctx, []int32{id})
		if err != nil {
			return nil, err
		}
		pieces[i] = one[0]
	}
	return pieces, nil
}

// File is where the installed mistral_common has it.
func (e *Embedded) File(tokenizer string) (string, error) {
	pattern := filepath.Join(e.rt.Info().Prefix, "lib", "python*", "site-packages", "mistral_common", "data", files[tokenizer])
	found, err := filepath.Glob(pattern)
	if err != nil || files[tokenizer] == "" || len(found) == 0 {
		return "", fmt.Errorf("no file of %s at %s", tokenizer, pattern)
	}
	return found[0], nil
}
