package rpc

import (
	"context"
	"errors"
	"sync"

	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// models finds the model of a request, and keeps vocabularies.
type models struct {
	engine Engine
	vocabs sync.Map // *engine.Model → *vocabulary
}

// find is the model of a name, the first for "".
func (m *models) find(name string) (*engine.Model, error) {
	all := m.engine.Models()
	if len(all) == 0 {
		return nil, engine.ErrLoading
	}
	if name == "" {
		return all[0], nil
	}
	if model, ok := m.engine.Lookup(name); ok {
		return model, nil
	}
	return nil, unknownModel(name)
}

// asked is the model that a body in JSON names, the first where it names none.
func (m *models) asked(body []byte) (*engine.Model, error) {
	model, _, err := m.engine.Asked(body)
	var unknown *engine.UnknownModelError
	if errors.As(err, &unknown) {
		return nil, unknownModel(unknown.Name)
	}
	return model, err
}

// vocabulary is the piece of each id, loaded when one is first wanted: a few MB.
type vocabulary struct {
	mu     sync.Mutex
	pieces [][]byte
}

func (m *models) vocabulary(ctx context.Context, model *engine.Model) ([][]byte, error) {
	v, _ := m.vocabs.LoadOrStore(model, &vocabulary{})
	vocab := v.(*vocabulary)
	vocab.mu.Lock()
	defer vocab.mu.Unlock()
	if vocab.pieces != nil {
		return vocab.pieces, nil
	}
	pieces, err := model.Tokenizer().Vocab(ctx)
	if err != nil {
		return nil, err
	}
	vocab.pieces = pieces
	return pieces, nil
}

// piecesOf is the piece of each token.
func (m *models) piecesOf(ctx context.Context, model *engine.Model, tokens []int32) ([][]byte, error) {
	vocab, err := m.vocabulary(ctx, model)
	if err != nil {
		return nil, err
	}
	pieces := make([][]byte, len(tokens))
	for i, id := range tokens {
		if id >= 0 && int(id) < len(vocab) {
			pieces[i] = vocab[id]
		}
	}
	return pieces, nil
}
