package bridge

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// VLLM is vLLM's own tokenizer for Mistral models, in an environment that has
// vLLM (see WithRequirements). Its methods may be called from any number of
// goroutines. It equals vLLM's MistralTokenizer, together with the
// function of its chat_utils or renderers that applies the chat template.
type VLLM struct {
	t    *Tokenizer
	desc VLLMDescription
}

// VLLMDescription says which vLLM it is, where it keeps the code, and what it is good for.
type VLLMDescription struct {
	Version string `json:"vllm"`
	Layout  string `json:"layout"` // module of the function that applies the template
	Class   string `json:"class"`  // module of the tokenizer class
	Routes  bool   `json:"routes"` // whether its own code answers the routes of its server: see Serve
}

// LoadVLLM imports vLLM, if this is the first time, which takes 10 to 20 seconds,
// and loads a tokenizer with it: that of a model directory by vLLM's own rules, any
// other Source by placing its file in a model directory of its own for a moment.
//
// Errors: *PyError of pyshim.errors.MissingVllm where vLLM is not installed, of
// UnknownLayout for a release that keeps its code elsewhere, else vLLM's own.
// Equals MistralTokenizer.from_pretrained.
func (rt *Runtime) LoadVLLM(ctx context.Context, src Source) (*VLLM, error) {
	return doLoad(ctx, rt, rt.loadVLLMCall(src))
}

// LoadVLLMAsync is LoadVLLM as a future. A tokenizer that nobody takes out of the
// future stays loaded until the Runtime is closed.
func (rt *Runtime) LoadVLLMAsync(ctx context.Context, src Source) *async.Future[*VLLM] {
	return startLoad(ctx, rt, rt.loadVLLMCall(src))
}

// Describe returns which vLLM this is.
func (v *VLLM) Describe() VLLMDescription { return v.desc }

// DescriptionJSON is the same in JSON.
func (v *VLLM) DescriptionJSON() json.RawMessage { return v.t.descJSON }

// Source says what the tokenizer was loaded from.
func (v *VLLM) Source() Source { return v.t.src }

// Close gives the tokenizer back, as Tokenizer.Close does.
func (v *VLLM) Close(ctx context.Context) error { return v.t.Close(ctx) }

func (rt *Runtime) loadVLLMCall(src Source) call[*VLLM] {
	e := &encoder{}
	e.open('{')
	if src.key == "" {
		e.err = fmt.Errorf("bridge: load vllm: empty Source; use ModelDir, File, Shipped or Model")
	}
	e.optString(src.key, &src.value)
	rt.sayOffline(e)
	e.close('}')
	inner := rt.loading("load_vllm", wire.OpLoadVLLM, e, src)
	return call[*VLLM]{
		op: inner.op, err: inner.err, frame: inner.frame,
		read: func(r *wire.Reply) (*VLLM, error) {
			t, err := inner.read(r)
			if err != nil {
				return nil, err
			}
			v := &VLLM{t: t}
			return v, json.Unmarshal(t.descJSON, &v.desc)
		},
	}
}
