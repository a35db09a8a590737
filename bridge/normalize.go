package bridge

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Normalizer is one of the reference's request normalizers. Tokenizer.Normalizer has
// the one that belongs to a tokenizer.
type Normalizer struct {
	Class                string          // InstructRequestNormalizer, …V7, …V13, …V15
	ModelSettingsBuilder json.RawMessage // as in a tekken.json; nil: none
}

// Normalizer is the one that EncodeChat passes a request through. Its settings
// builder is Specials.ModelSettingsBuilder, and not in it: it takes a call to ask.
func (t *Tokenizer) Normalizer() Normalizer { return Normalizer{Class: t.desc.Normalizer} }

// Normalize makes of a chat what EncodeInstruct takes, without validating it: messages
// of one role together, system prompts where they belong. Equals
// InstructRequestNormalizer.normalizer(builder).from_chat_completion_request. Errors
// as of EncodeChat; mistral.ErrInexact for what InstructRequest cannot say (NormalizeJSON can).
func (rt *Runtime) Normalize(ctx context.Context, n Normalizer, req *mistral.ChatCompletionRequest) (*mistral.InstructRequest, error) {
	return do(ctx, rt, reading(rt.normalizeCall(n, req), readInstruct))
}

// NormalizeAsync is Normalize as a future.
func (rt *Runtime) NormalizeAsync(ctx context.Context, n Normalizer, req *mistral.ChatCompletionRequest) *async.Future[*mistral.InstructRequest] {
	return start(ctx, rt, reading(rt.normalizeCall(n, req), readInstruct))
}

// NormalizeJSON takes all arguments as one JSON object, as the op normalize of
// docs/protocol.md does, {"cls", "request", "msb"}, and returns the reference's dump.
func (rt *Runtime) NormalizeJSON(ctx context.Context, args []byte) (json.RawMessage, error) {
	return do(ctx, rt, argumentsJSONCall(runtimeHeader(wire.OpNormalize), "normalize", args))
}

// NormalizeJSONAsync is NormalizeJSON as a future.
func (rt *Runtime) NormalizeJSONAsync(ctx context.Context, args []byte) *async.Future[json.RawMessage] {
	return start(ctx, rt, argumentsJSONCall(runtimeHeader(wire.OpNormalize), "normalize", args))
}

func (rt *Runtime) normalizeCall(n Normalizer, req *mistral.ChatCompletionRequest) call[json.RawMessage] {
	e := &jsonenc.Encoder{}
	e.Open('{')
	className(e, n.Class, "Tokenizer.Normalizer")
	required(e, "request", req, "request", req.AppendJSON)
	e.OptRaw("msb", n.ModelSettingsBuilder, "model_settings_builder")
	e.Close('}')
	return argumentsCall(runtimeHeader(wire.OpNormalize), "normalize", e)
}

func readInstruct(r *wire.Reply) (*mistral.InstructRequest, error) {
	return mistral.ParseInstructRequest(r.Body)
}
