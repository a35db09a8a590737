package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// EncodeInstruct encodes a request as it is, without validating or normalizing it.
// Equals MistralTokenizer.instruct_tokenizer.encode_instruct. Errors and options as
// of EncodeChat, but that there is no WithMaxModelInputLen: see TruncateAtMaxTokens.
func (t *Tokenizer) EncodeInstruct(ctx context.Context, req *mistral.InstructRequest, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestCall(encodeInstruct, req, opts))
}

// EncodeInstructAsync is EncodeInstruct as a future; ctx governs the call itself.
func (t *Tokenizer) EncodeInstructAsync(ctx context.Context, req *mistral.InstructRequest, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.requestCall(encodeInstruct, req, opts))
}

// EncodeInstructJSON encodes the JSON of an InstructRequest, byte for byte.
func (t *Tokenizer) EncodeInstructJSON(ctx context.Context, request []byte, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestJSONCall(encodeInstruct, request, opts))
}

// EncodeInstructJSONAsync is EncodeInstructJSON as a future.
func (t *Tokenizer) EncodeInstructJSONAsync(ctx context.Context, request []byte, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.requestJSONCall(encodeInstruct, request, opts))
}

var encodeInstruct = family{wire.OpEncodeInstruct, "encode_instruct"}
