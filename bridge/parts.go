package bridge

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// EncodePart calls one of the instruct tokenizer's methods that encode a part of a
// request: encode_user_message, encode_user_content, encode_system_message,
// encode_tool_message, encode_assistant_message, encode_think. kwargs is a JSON object
// of their keyword arguments, by the reference's names and in its own JSON.
func (t *Tokenizer) EncodePart(ctx context.Context, method string, kwargs json.RawMessage) (*Tokenized, error) {
	return do(ctx, t.rt, reading(t.partCall(wire.OpInstruct, method, "k", "kwargs", kwargs), readTokenized))
}

// EncodePartAsync is EncodePart as a future.
func (t *Tokenizer) EncodePartAsync(ctx context.Context, method string, kwargs json.RawMessage) *async.Future[*Tokenized] {
	return start(ctx, t.rt, reading(t.partCall(wire.OpInstruct, method, "k", "kwargs", kwargs), readTokenized))
}

// Instruct calls one of the instruct tokenizer's other methods, start,
// find_first_last_user or validate_messages, and returns its result as JSON.
func (t *Tokenizer) Instruct(ctx context.Context, method string, kwargs json.RawMessage) (json.RawMessage, error) {
	return do(ctx, t.rt, t.partCall(wire.OpInstruct, method, "k", "kwargs", kwargs))
}

// InstructAsync is Instruct as a future.
func (t *Tokenizer) InstructAsync(ctx context.Context, method string, kwargs json.RawMessage) *async.Future[json.RawMessage] {
	return start(ctx, t.rt, t.partCall(wire.OpInstruct, method, "k", "kwargs", kwargs))
}

// Output takes apart what a model wrote, with one of the reference's experimental
// helpers: split_content_and_tool_calls and split_content_and_think_chunks take a JSON
// list of ids, decode_tool_calls a list of such lists. A release that no longer has the
// helper says so with its own ImportError.
func (t *Tokenizer) Output(ctx context.Context, method string, tokens json.RawMessage) (json.RawMessage, error) {
	return do(ctx, t.rt, t.partCall(wire.OpOutput, method, "tokens", "tokens", tokens))
}

// OutputAsync is Output as a future.
func (t *Tokenizer) OutputAsync(ctx context.Context, method string, tokens json.RawMessage) *async.Future[json.RawMessage] {
	return start(ctx, t.rt, t.partCall(wire.OpOutput, method, "tokens", "tokens", tokens))
}

// AudioEncoder calls a method of the tokenizer's AudioEncoder or of its AudioConfig, or
// reads a property: num_audio_tokens, next_multiple_of_chunk_frames,
// get_num_delay_tokens, chunk_frames, frame_duration_ms and so on. The result is JSON.
func (t *Tokenizer) AudioEncoder(ctx context.Context, method string, kwargs json.RawMessage) (json.RawMessage, error) {
	return do(ctx, t.rt, t.partCall(wire.OpAudio, method, "k", "kwargs", kwargs))
}

// AudioEncoderAsync is AudioEncoder as a future.
func (t *Tokenizer) AudioEncoderAsync(ctx context.Context, method string, kwargs json.RawMessage) *async.Future[json.RawMessage] {
	return start(ctx, t.rt, t.partCall(wire.OpAudio, method, "k", "kwargs", kwargs))
}

func (t *Tokenizer) partCall(op wire.Op, method, key, what string, args json.RawMessage) call[json.RawMessage] {
	e := &jsonenc.Encoder{}
	e.Open('{')
	e.OptString("m", &method)
	e.OptRaw(key, args, what)
	e.Close('}')
	return checked(t, argumentsCall(t.header(op, 0), method, e))
}
