package bridge

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Validator is one of the reference's request validators. Tokenizer.Validator has the
// one that belongs to a tokenizer.
type Validator struct {
	Class string // MistralRequestValidator, MistralRequestValidatorV3, …V13, …V15
	Mode  Mode
}

// Accepted is a request that the reference has nothing against.
type Accepted struct{ Warnings []Warning }

func (a *Accepted) setWarnings(w []Warning) { a.Warnings = w }

// Validator is the one that EncodeChat asks first.
func (t *Tokenizer) Validator() Validator {
	return Validator{Class: t.desc.Validator, Mode: Mode(t.desc.Mode)}
}

// Validate checks a chat without encoding it. Equals validate_request of the
// reference's validator. Errors as of EncodeChat; *PyError of UnknownClass for another
// class than a validator.
func (rt *Runtime) Validate(ctx context.Context, v Validator, req *ChatCompletionRequest) (*Accepted, error) {
	return do(ctx, rt, rt.validateCall(v, "request", req))
}

// ValidateAsync is Validate as a future.
func (rt *Runtime) ValidateAsync(ctx context.Context, v Validator, req *ChatCompletionRequest) *async.Future[*Accepted] {
	return start(ctx, rt, rt.validateCall(v, "request", req))
}

// ValidateMessages checks messages alone. Equals validate_messages of the reference's
// validator.
func (rt *Runtime) ValidateMessages(ctx context.Context, v Validator, messages []Message) (*Accepted, error) {
	return do(ctx, rt, rt.validateCall(v, "messages", messageList(messages)))
}

// ValidateMessagesAsync is ValidateMessages as a future.
func (rt *Runtime) ValidateMessagesAsync(ctx context.Context, v Validator, messages []Message) *async.Future[*Accepted] {
	return start(ctx, rt, rt.validateCall(v, "messages", messageList(messages)))
}

// ValidateJSON takes all arguments as one JSON object, as the op validate of
// docs/protocol.md does: {"cls", "mode", "what", "x", "k"}.
func (rt *Runtime) ValidateJSON(ctx context.Context, args []byte) (*Accepted, error) {
	return do(ctx, rt, accepted(argumentsJSONCall(runtimeHeader(wire.OpValidate), "validate", args)))
}

// ValidateJSONAsync is ValidateJSON as a future.
func (rt *Runtime) ValidateJSONAsync(ctx context.Context, args []byte) *async.Future[*Accepted] {
	return start(ctx, rt, accepted(argumentsJSONCall(runtimeHeader(wire.OpValidate), "validate", args)))
}

func (rt *Runtime) validateCall(v Validator, what string, x interface{ encode(*encoder) }) call[*Accepted] {
	e := &encoder{}
	mode := string(v.Mode)
	e.open('{')
	e.optString("cls", &v.Class)
	e.optString("mode", &mode)
	e.optString("what", &what)
	e.given("x", x)
	e.close('}')
	return accepted(argumentsCall(runtimeHeader(wire.OpValidate), "validate", e))
}

func accepted(c call[json.RawMessage]) call[*Accepted] {
	return reading(c, func(*wire.Reply) (*Accepted, error) { return &Accepted{}, nil })
}

// messageList writes messages as a list of their own.
type messageList []Message

func (l messageList) encode(e *encoder) {
	e.open('[')
	for i, m := range l {
		e.part("messages", i, m, "message")
	}
	e.close(']')
}
