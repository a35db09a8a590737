package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// InstructRequest equals mistral_common's InstructRequest[ChatMessage, Tool]: what a
// chat becomes when it has been validated and normalized, and what is encoded. With a
// message that has a Weight it is InstructRequest[FinetuningMessage, Tool].
type InstructRequest struct {
	Messages            []Message
	SystemPrompt        *string
	AvailableTools      []Tool         // nil: absent; empty: an empty list
	TruncateAtMaxTokens *int64         // in tokens
	Settings            *ModelSettings // nil: absent
	verbatim            verbatim
}

// AppendJSON appends the request in the reference's JSON, as
// ChatCompletionRequest.AppendJSON does.
func (r *InstructRequest) AppendJSON(dst []byte) ([]byte, error) { return appendTo(dst, r) }

func (r *InstructRequest) encode(e *encoder) {
	v := r.verbatim
	e.open('{')
	encodeMessages(e, r.Messages)
	v.optString(e, "system_prompt", r.SystemPrompt)
	encodeList(e, v, "available_tools", r.AvailableTools)
	v.optInt(e, "truncate_at_max_tokens", r.TruncateAtMaxTokens)
	if r.Settings != nil {
		member(e, "settings", r.Settings)
	}
	e.close('}')
}

func (r *InstructRequest) size() int {
	return 256 + messagesSize(r.Messages) + toolsSize(r.AvailableTools)
}

// EncodeInstruct encodes a request as it is, without validating or normalizing it.
// Equals MistralTokenizer.instruct_tokenizer.encode_instruct. Errors and options as
// of EncodeChat, but that there is no WithMaxModelInputLen: see TruncateAtMaxTokens.
func (t *Tokenizer) EncodeInstruct(ctx context.Context, req *InstructRequest, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestCall(encodeInstruct, req, opts))
}

// EncodeInstructAsync is EncodeInstruct as a future; ctx governs the call itself.
func (t *Tokenizer) EncodeInstructAsync(ctx context.Context, req *InstructRequest, opts ...EncodeOption) *async.Future[*Tokenized] {
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
