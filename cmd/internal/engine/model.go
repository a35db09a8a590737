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

	tokenizer *bridge.Tokenizer
	vllm      *vllm.Tokenizer
	server    *refserver.Server
}

// Tokenizer is mistral_common's tokenizer of the model, also with vLLM.
func (m *Model) Tokenizer() *bridge.Tokenizer { return m.tokenizer }

// VLLM is vLLM's tokenizer of the model, nil without vLLM.
func (m *Model) VLLM() *vllm.Tokenizer { return m.vllm }

// Serve answers a request with a JSON body to this model; see refserver.Server.Serve.
func (m *Model) Serve(ctx context.Context, route refserver.Route, body []byte, requestID string) (*refserver.Response, error) {
	return m.answer(ctx, Request{Route: route, Body: body, ID: requestID})
}

func (m *Model) answer(ctx context.Context, r Request) (*refserver.Response, error) {
	return m.server.Serve(ctx, r.Route, r.Body, refserver.Options{
		Models: m.Names, MaxModelLen: m.MaxModelLen, RequestID: r.ID, ContentType: r.ContentType,
		MaxModelInputLen: r.MaxModelInputLen, Room: r.Room,
	})
}

// Schemas are those of what the routes take and answer; see refserver.Server.Schemas.
func (m *Model) Schemas(ctx context.Context) (json.RawMessage, error) {
	return m.server.Schemas(ctx)
}

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
	m.server = refserver.New(m.tokenizer)
	if o.VLLM {
		if m.vllm, err = vllm.Load(ctx, rt, spec.Source); err != nil {
			return nil, err
		}
		m.server = refserver.NewVLLM(m.vllm)
	}
	m.Loaded = time.Now()
	return m, nil
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
