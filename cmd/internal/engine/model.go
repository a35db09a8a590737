package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

// DefaultMaxModelLen is a model's length where nothing says another, in tokens.
const DefaultMaxModelLen = refserver.DefaultMaxModelLen

// Model is one loaded model. It does not change.
type Model struct {
	Name        string
	Names       []string // Name and the aliases
	MaxModelLen int      // tokens
	Root        string   // where it came from
	Loaded      time.Time

	*refserver.Server // answers requests to this model

	tokenizer *bridge.Tokenizer
	vllm      *vllm.Tokenizer
}

// Tokenizer is mistral_common's tokenizer of the model, also with vLLM.
func (m *Model) Tokenizer() *bridge.Tokenizer { return m.tokenizer }

// VLLM is vLLM's tokenizer of the model, nil without vLLM.
func (m *Model) VLLM() *vllm.Tokenizer { return m.vllm }

func load(ctx context.Context, rt *bridge.Runtime, spec ModelSpec, o *Options) (*Model, error) {
	m := &Model{Name: spec.Name, Names: append([]string{spec.Name}, spec.Aliases...), Root: spec.Path, MaxModelLen: o.MaxModelLen}
	if m.Root == "" {
		m.Root = spec.Source.String()
	}
	if m.MaxModelLen == 0 {
		m.MaxModelLen = lengthOf(spec.Path)
	}
	var err error
	if m.tokenizer, err = rt.Load(ctx, spec.Source, o.Load...); err != nil {
		return nil, err
	}
	for _, w := range m.tokenizer.Warnings() {
		o.log().Warn("a model may not be what its name says", "model", m.Name, "warning", w.Message)
	}
	answering := refserver.Options{Models: m.Names, MaxModelLen: m.MaxModelLen}
	if o.VLLM {
		if m.vllm, err = vllm.Load(ctx, rt, spec.Source); err != nil {
			return nil, err
		}
		m.Server, err = refserver.NewVLLM(m.vllm, answering)
	} else {
		m.Server, err = refserver.New(m.tokenizer, answering)
	}
	m.Loaded = time.Now()
	return m, err
}

// lengthOf is the length that a model's directory states, as vLLM reads it: in the
// configuration of Hugging Face or that of Mistral.
func lengthOf(dir string) int {
	for _, name := range []string{"config.json", "params.json"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if dir == "" || err != nil {
			continue
		}
		var config struct {
			Positions int `json:"max_position_embeddings"`
			Text      struct {
				Positions int `json:"max_position_embeddings"`
			} `json:"text_config"`
			Sequence int `json:"max_seq_len"`
		}
		if json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &config) != nil {
			continue
		}
		for _, n := range []int{config.Positions, config.Text.Positions, config.Sequence} {
			if n > 0 {
				return n
			}
		}
	}
	return DefaultMaxModelLen
}
