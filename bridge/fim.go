package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// EncodeFIM encodes a fill-in-the-middle request. Equals MistralTokenizer.encode_fim.
// Errors as of EncodeChat; v1 refuses all with a TokenizerException.
func (t *Tokenizer) EncodeFIM(ctx context.Context, req *mistral.FIMRequest, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestCall(encodeFIM, req, opts))
}

// EncodeFIMAsync is EncodeFIM as a future; ctx governs the call itself.
func (t *Tokenizer) EncodeFIMAsync(ctx context.Context, req *mistral.FIMRequest, opts ...EncodeOption) *async.Future[*Tokenized] {
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
