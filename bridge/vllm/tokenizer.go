package vllm

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Tokenizer is vLLM's own tokenizer for Mistral models, in an environment that has
// vLLM (see bridge.WithRequirements). Its methods may be called from any number of
// goroutines. It equals vLLM's MistralTokenizer, together with the
// function of its chat_utils or renderers that applies the chat template.
type Tokenizer struct {
	t        *bridge.Tokenizer
	calls    seam.Tokenizer
	desc     Description
	descJSON json.RawMessage
}

func init() { //nolint:gochecknoinits // refserver needs it before main
	seam.OfVLLM = func(tok any) seam.Tokenizer { return tok.(*Tokenizer).calls }
}

// Description says which vLLM it is, where it keeps the code, and what it is good for.
type Description struct {
	Version string `json:"vllm"`
	Layout  string `json:"layout"` // module of the function that applies the template
	Class   string `json:"class"`  // module of the tokenizer class
	Routes  bool   `json:"routes"` // whether its own code answers the routes of its server: see package refserver
}

// Load imports vLLM, if this is the first time, which takes 10 to 20 seconds,
// and loads a tokenizer with it: that of a model directory by vLLM's own rules, any
// other Source by placing its file in a model directory of its own for a moment.
//
// Errors: *PyError of pyshim.errors.MissingVllm where vLLM is not installed, of
// UnknownLayout for a release that keeps its code elsewhere, else vLLM's own.
// Equals MistralTokenizer.from_pretrained.
func Load(ctx context.Context, rt *bridge.Runtime, src bridge.Source) (*Tokenizer, error) {
	return seam.Load(ctx, seam.OfRuntime(rt), "load_vllm", wire.OpLoadVLLM, src, opened)
}

// LoadAsync is Load as a future. A tokenizer that nobody takes out of the
// future stays loaded until the bridge.Runtime is closed.
func LoadAsync(ctx context.Context, rt *bridge.Runtime, src bridge.Source) *async.Future[*Tokenizer] {
	return seam.StartLoad(ctx, seam.OfRuntime(rt), "load_vllm", wire.OpLoadVLLM, src, opened)
}

func opened(tok any, description json.RawMessage) (*Tokenizer, error) {
	v := &Tokenizer{t: tok.(*bridge.Tokenizer), calls: seam.OfTokenizer(tok), descJSON: description}
	return v, json.Unmarshal(description, &v.desc)
}

// Describe returns which vLLM this is.
func (v *Tokenizer) Describe() Description { return v.desc }

// DescriptionJSON is the same in JSON.
func (v *Tokenizer) DescriptionJSON() json.RawMessage { return v.descJSON }

// Source says what the tokenizer was loaded from.
func (v *Tokenizer) Source() bridge.Source { return v.t.Source() }

// Close gives the tokenizer back, as bridge.Tokenizer.Close does.
func (v *Tokenizer) Close(ctx context.Context) error { return v.t.Close(ctx) }
