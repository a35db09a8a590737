package bridge

import (
	"context"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// EncodeOpenAI encodes the body of an OpenAI chat completion, as clients send it, in one
// crossing.
//
// What changes no token is ignored, whatever its value: stream, max_completion_tokens,
// temperature, tool_choice, a user's name, a call's index, and what vendors add. A null is
// a field left out. The prefix of Mistral's API on the last answer is continue_final_message.
// What would change the tokens and is unknown to the reference, such as functions, documents,
// chat_template, a refusal or a file in a message, is an error that names its place.
//
// It equals encode_chat_completion of ChatCompletionRequest.from_openai(**body), where body has
// only what makes tokens: model, messages, tools, response_format, reasoning_effort,
// continue_final_message and truncate_for_context_length. The Message of a [Span] is the index
// in the body's messages. Errors: those of EncodeChat; a *PyError of
// pyshim.errors.UnsupportedField, which is an ErrInvalidRequest, for what cannot be honoured.
func (t *Tokenizer) EncodeOpenAI(ctx context.Context, body []byte, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.encodeOpenAICall(body, opts))
}

// EncodeOpenAIAsync is EncodeOpenAI as a future.
func (t *Tokenizer) EncodeOpenAIAsync(ctx context.Context, body []byte, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.encodeOpenAICall(body, opts))
}

// CountOpenAI is the number of tokens of EncodeOpenAI, without bringing them over.
func (t *Tokenizer) CountOpenAI(ctx context.Context, body []byte, opts ...EncodeOption) (int, error) {
	return do(ctx, t.rt, countedChat(t.openAIFrame(body, opts, wire.FlagCount)))
}

// CountOpenAIAsync is CountOpenAI as a future.
func (t *Tokenizer) CountOpenAIAsync(ctx context.Context, body []byte, opts ...EncodeOption) *async.Future[int] {
	return start(ctx, t.rt, countedChat(t.openAIFrame(body, opts, wire.FlagCount)))
}

func (t *Tokenizer) encodeOpenAICall(body []byte, opts []EncodeOption) call[*Tokenized] {
	frame, err := t.openAIFrame(body, opts, 0)
	return call[*Tokenized]{op: "encode_openai", frame: frame, err: err, read: readTokenized}
}

func (t *Tokenizer) openAIFrame(body []byte, opts []EncodeOption, flags uint32) ([]byte, error) {
	if !utf8.Valid(body) {
		return nil, notUTF8("", body)
	}
	return wire.Frame(t.encodeHeader(wire.OpEncodeOpenAI, opts, flags), body), t.check(nil)
}
