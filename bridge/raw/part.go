package raw

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// EncodePart calls one of the instruct tokenizer's methods that encode a part of a
// request: encode_user_message, encode_user_content, encode_system_message,
// encode_tool_message, encode_assistant_message, encode_think. kwargs is a JSON object
// of their keyword arguments, by the reference's names and in its own JSON. Errors: a
// *mistral.InputError for a method of Instruct.
func (t *Tokenizer) EncodePart(ctx context.Context, method string, kwargs json.RawMessage) (*bridge.Tokenized, error) {
	return seam.Do(ctx, t.calls, t.encodePartCall(method, kwargs))
}

// EncodePartAsync is EncodePart as a future.
func (t *Tokenizer) EncodePartAsync(ctx context.Context, method string, kwargs json.RawMessage) *async.Future[*bridge.Tokenized] {
	return seam.Start(ctx, t.calls, t.encodePartCall(method, kwargs))
}

// Instruct calls one of the instruct tokenizer's other methods, start,
// find_first_last_user or validate_messages, and returns its result as JSON. Errors: an
// *InputError for a method of EncodePart.
func (t *Tokenizer) Instruct(ctx context.Context, method string, kwargs json.RawMessage) (json.RawMessage, error) {
	return seam.Do(ctx, t.calls, t.instructCall(method, kwargs, false))
}

// InstructAsync is Instruct as a future.
func (t *Tokenizer) InstructAsync(ctx context.Context, method string, kwargs json.RawMessage) *async.Future[json.RawMessage] {
	return seam.Start(ctx, t.calls, t.instructCall(method, kwargs, false))
}

// Output takes apart what a model wrote, with one of the reference's experimental
// helpers: split_content_and_tool_calls and split_content_and_think_chunks take a JSON
// list of ids, decode_tool_calls a list of such lists. A release that no longer has the
// helper says so with its own ImportError.
func (t *Tokenizer) Output(ctx context.Context, method string, tokens json.RawMessage) (json.RawMessage, error) {
	return seam.Do(ctx, t.calls, seam.Part(t.calls, wire.OpOutput, method, "tokens", "tokens", tokens))
}

// OutputAsync is Output as a future.
func (t *Tokenizer) OutputAsync(ctx context.Context, method string, tokens json.RawMessage) *async.Future[json.RawMessage] {
	return seam.Start(ctx, t.calls, seam.Part(t.calls, wire.OpOutput, method, "tokens", "tokens", tokens))
}

// AudioEncoder calls a method of the tokenizer's AudioEncoder or of its AudioConfig, or
// reads a property: num_audio_tokens, next_multiple_of_chunk_frames,
// get_num_delay_tokens, chunk_frames, frame_duration_ms and so on. The result is JSON.
func (t *Tokenizer) AudioEncoder(ctx context.Context, method string, kwargs json.RawMessage) (json.RawMessage, error) {
	return seam.Do(ctx, t.calls, seam.Part(t.calls, wire.OpAudio, method, "k", "kwargs", kwargs))
}

// AudioEncoderAsync is AudioEncoder as a future.
func (t *Tokenizer) AudioEncoderAsync(ctx context.Context, method string, kwargs json.RawMessage) *async.Future[json.RawMessage] {
	return seam.Start(ctx, t.calls, seam.Part(t.calls, wire.OpAudio, method, "k", "kwargs", kwargs))
}

// instructCall is a method whose result is tokens, or one whose result is JSON.
func (t *Tokenizer) instructCall(method string, kwargs json.RawMessage, encodes bool) seam.Call[json.RawMessage] {
	c := seam.Part(t.calls, wire.OpInstruct, method, "k", "kwargs", kwargs)
	var refused error
	switch {
	case encodes && slices.Contains(instructMethods, method):
		refused = fmt.Errorf("%s encodes nothing: call Instruct", method)
	case !encodes && strings.HasPrefix(method, "encode_"):
		refused = fmt.Errorf("%s encodes: call EncodePart", method)
	}
	if refused != nil {
		c.Err = &mistral.InputError{Place: "method", Offset: -1, Err: refused}
	}
	return c
}

// instructMethods are those whose result is no tokens.
var instructMethods = []string{"start", "find_first_last_user", "validate_messages"}

// encodePartCall reads the reply as a call of package bridge does.
func (t *Tokenizer) encodePartCall(method string, kwargs json.RawMessage) seam.Call[*bridge.Tokenized] {
	c := t.instructCall(method, kwargs, true)
	var warnings []bridge.Warning
	c.Warned = func(module, category, message string) {
		warnings = append(warnings, bridge.Warning{Module: module, Category: category, Message: message})
	}
	return seam.Call[*bridge.Tokenized]{Job: c.Job, Read: func(r *wire.Reply) (*bridge.Tokenized, error) {
		v, err := seam.ReadTokenized(r)
		if err != nil {
			return nil, err
		}
		out := v.(*bridge.Tokenized)
		out.Warnings = warnings
		return out, nil
	}}
}
