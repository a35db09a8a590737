package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// FIMRequest equals mistral_common's FIMRequest: fill in the middle between Prompt and
// Suffix. A nil Suffix is absent.
// The sampling fields change no token.
type FIMRequest struct {
	Prompt      string
	Suffix      *string
	Temperature *float64
	TopP        *float64
	MaxTokens   *int64
	RandomSeed  *int64
	verbatim    verbatim
}

// AppendJSON appends the request in the reference's JSON, as
// ChatCompletionRequest.AppendJSON does.
func (r *FIMRequest) AppendJSON(dst []byte) ([]byte, error) { return appendTo(dst, r) }

func (r *FIMRequest) encode(e *encoder) {
	e.open('{')
	r.verbatim.sampling(e, r.Temperature, r.TopP, r.MaxTokens, r.RandomSeed)
	e.key("prompt")
	e.str(r.Prompt, "prompt")
	r.verbatim.optString(e, "suffix", r.Suffix)
	e.close('}')
}

func (r *FIMRequest) size() int {
	n := 128 + len(r.Prompt)
	if r.Suffix != nil {
		n += len(*r.Suffix)
	}
	return n
}

// EncodeFIM encodes a fill-in-the-middle request. Equals MistralTokenizer.encode_fim.
// Errors as of EncodeChat; v1 refuses all with a TokenizerException.
func (t *Tokenizer) EncodeFIM(ctx context.Context, req *FIMRequest, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestCall(encodeFIM, req, opts))
}

// EncodeFIMAsync is EncodeFIM as a future; ctx governs the call itself.
func (t *Tokenizer) EncodeFIMAsync(ctx context.Context, req *FIMRequest, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.requestCall(encodeFIM, req, opts))
}

// EncodeFIMJSON encodes the JSON of a FIMRequest, byte for byte.
func (t *Tokenizer) EncodeFIMJSON(ctx context.Context, request []byte, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestJSONCall(encodeFIM, request, opts))
}

// EncodeFIMJSONAsync is EncodeFIMJSON as a future.
func (t *Tokenizer) EncodeFIMJSONAsync(ctx context.Context, request []byte, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.requestJSONCall(encodeFIM, request, opts))
}

var encodeFIM = family{wire.OpEncodeFIM, "encode_fim"}
