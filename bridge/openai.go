package bridge

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// ToOpenAI converts a request, a message, a chunk, a tool or a tool call to OpenAI's
// form. kwargs is a JSON object of keyword arguments, such as
// {"reasoning_field_format": "reasoning"} or {"stream": true}, or nil. A file in the
// result is {"__file__": base64, "name": …}. Equals x.to_openai(**kwargs).
func (rt *Runtime) ToOpenAI(ctx context.Context, x mistral.Object, kwargs json.RawMessage) (json.RawMessage, error) {
	return do(ctx, rt, rt.toOpenAICall(x, kwargs))
}

// ToOpenAIAsync is ToOpenAI as a future.
func (rt *Runtime) ToOpenAIAsync(ctx context.Context, x mistral.Object, kwargs json.RawMessage) *async.Future[json.RawMessage] {
	return start(ctx, rt, rt.toOpenAICall(x, kwargs))
}

// ToOpenAIJSON takes all arguments as one JSON object, as the op to_openai of
// docs/protocol.md does: {"mod", "cls", "x", "k"}.
func (rt *Runtime) ToOpenAIJSON(ctx context.Context, args []byte) (json.RawMessage, error) {
	return do(ctx, rt, argumentsJSONCall(runtimeHeader(wire.OpToOpenAI), "to_openai", args))
}

// ToOpenAIJSONAsync is ToOpenAIJSON as a future.
func (rt *Runtime) ToOpenAIJSONAsync(ctx context.Context, args []byte) *async.Future[json.RawMessage] {
	return start(ctx, rt, argumentsJSONCall(runtimeHeader(wire.OpToOpenAI), "to_openai", args))
}

// ChatFromOpenAI reads the body of OpenAI's chat completions. What the reference has
// no field for, such as stream, is dropped by it; the roles developer, and reasoning
// in an assistant's message, are taken. Equals
// ChatCompletionRequest.from_openai(**body). Errors: *PyError for what it does not
// take, and for a body that json.loads does not; mistral.ErrInexact for what the Go type cannot
// say (FromOpenAI can).
func (rt *Runtime) ChatFromOpenAI(ctx context.Context, body []byte) (*mistral.ChatCompletionRequest, error) {
	return do(ctx, rt, chatFromOpenAICall(body))
}

// ChatFromOpenAIAsync is ChatFromOpenAI as a future.
func (rt *Runtime) ChatFromOpenAIAsync(ctx context.Context, body []byte) *async.Future[*mistral.ChatCompletionRequest] {
	return start(ctx, rt, chatFromOpenAICall(body))
}

// FromOpenAI converts OpenAI's form to an object of a class, with positional and
// keyword arguments as JSON, and returns the object's dump. Equals
// cls.from_openai(*args, **kwargs); the class may also be convert_openai_messages or
// convert_openai_tools of mistral_common.protocol.instruct.converters.
func (rt *Runtime) FromOpenAI(ctx context.Context, cls mistral.Class, args, kwargs json.RawMessage) (json.RawMessage, error) {
	return do(ctx, rt, fromOpenAICall(cls, args, kwargs))
}

// FromOpenAIAsync is FromOpenAI as a future.
func (rt *Runtime) FromOpenAIAsync(ctx context.Context, cls mistral.Class, args, kwargs json.RawMessage) *async.Future[json.RawMessage] {
	return start(ctx, rt, fromOpenAICall(cls, args, kwargs))
}

func (rt *Runtime) toOpenAICall(x mistral.Object, kwargs json.RawMessage) call[json.RawMessage] {
	if jsonenc.IsNil(x) {
		return call[json.RawMessage]{err: &mistral.InputError{Offset: -1, Err: errors.New("to_openai: nil object")}}
	}
	e := &jsonenc.Encoder{}
	openClass(e, x.Class())
	e.Append("x", func(dst []byte) ([]byte, error) { return appendMarshalled(dst, x) })
	e.OptRaw("k", kwargs, "kwargs")
	e.Close('}')
	return argumentsCall(runtimeHeader(wire.OpToOpenAI), "to_openai", e)
}

func fromOpenAICall(cls mistral.Class, args, kwargs json.RawMessage) call[json.RawMessage] {
	e := &jsonenc.Encoder{}
	openClass(e, cls)
	e.OptRaw("a", args, "args")
	e.OptRaw("k", kwargs, "kwargs")
	e.Close('}')
	return argumentsCall(runtimeHeader(wire.OpFromOpenAI), "from_openai", e)
}

func chatFromOpenAICall(body []byte) call[*mistral.ChatCompletionRequest] {
	if len(body) == 0 {
		return call[*mistral.ChatCompletionRequest]{err: &mistral.InputError{Offset: -1, Err: errors.New("from_openai: empty body")}}
	}
	// The body is all of the frame: there is nothing around it that it could end.
	h := runtimeHeader(wire.OpFromOpenAI)
	h.Flags = wire.FlagJSON
	return reading(argumentsJSONCall(h, "from_openai", body), func(r *wire.Reply) (*mistral.ChatCompletionRequest, error) {
		return mistral.ParseChatCompletionRequest(r.Body)
	})
}

func openClass(e *jsonenc.Encoder, c mistral.Class) {
	e.Open('{')
	e.OptString("mod", &c.Module)
	e.OptString("cls", &c.Name)
}
