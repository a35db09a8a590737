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

// Validator is one of the reference's request validators. Tokenizer.Validator has the
// one that belongs to a tokenizer.
type Validator struct {
	Class string // MistralRequestValidator, MistralRequestValidatorV3, …V13, …V15
	Mode  Mode
}

// ValidationResult is the answer for a valid request: what the reference warned of.
type ValidationResult struct{ Warnings []Warning }

func (a *ValidationResult) setWarnings(w []Warning) { a.Warnings = w }

// Validator is the one that EncodeChat asks first.
func (t *Tokenizer) Validator() Validator {
	return Validator{Class: t.desc.Validator, Mode: Mode(t.desc.Mode)}
}

// Validate checks a chat without encoding it. Equals validate_request of the
// reference's validator. Errors as of EncodeChat; *PyError of UnknownClass for another
// class than a validator.
func (rt *Runtime) Validate(ctx context.Context, v Validator, req *mistral.ChatCompletionRequest) (*ValidationResult, error) {
	return do(ctx, rt, rt.validateCall(v, "request", req, req.AppendJSON))
}

// ValidateAsync is Validate as a future.
func (rt *Runtime) ValidateAsync(ctx context.Context, v Validator, req *mistral.ChatCompletionRequest) *async.Future[*ValidationResult] {
	return start(ctx, rt, rt.validateCall(v, "request", req, req.AppendJSON))
}

// ValidateMessages checks messages alone. Equals validate_messages of the reference's
// validator.
func (rt *Runtime) ValidateMessages(ctx context.Context, v Validator, messages []mistral.Message) (*ValidationResult, error) {
	return do(ctx, rt, rt.validateMessagesCall(v, messages))
}

// ValidateMessagesAsync is ValidateMessages as a future.
func (rt *Runtime) ValidateMessagesAsync(ctx context.Context, v Validator, messages []mistral.Message) *async.Future[*ValidationResult] {
	return start(ctx, rt, rt.validateMessagesCall(v, messages))
}

// ValidateJSON takes all arguments as one JSON object, as the op validate of
// docs/protocol.md does: {"cls", "mode", "what", "x", "k"}.
func (rt *Runtime) ValidateJSON(ctx context.Context, args []byte) (*ValidationResult, error) {
	return do(ctx, rt, validationResult(argumentsJSONCall(runtimeHeader(wire.OpValidate), "validate", args)))
}

// ValidateJSONAsync is ValidateJSON as a future.
func (rt *Runtime) ValidateJSONAsync(ctx context.Context, args []byte) *async.Future[*ValidationResult] {
	return start(ctx, rt, validationResult(argumentsJSONCall(runtimeHeader(wire.OpValidate), "validate", args)))
}

func (rt *Runtime) validateCall(v Validator, what string, x any, write func([]byte) ([]byte, error)) call[*ValidationResult] {
	e := &jsonenc.Encoder{}
	mode := string(v.Mode)
	e.Open('{')
	className(e, v.Class, "Tokenizer.Validator")
	e.OptString("mode", &mode)
	e.OptString("what", &what)
	required(e, "x", x, "request", write)
	e.Close('}')
	return validationResult(argumentsCall(runtimeHeader(wire.OpValidate), "validate", e))
}

// className writes the name of a validator or normalizer, which has to be there.
func className(e *jsonenc.Encoder, name, way string) {
	if name == "" {
		e.Refuse(&jsonenc.Error{Place: "Class", Offset: -1, Err: errors.New("empty; " + way + " has that of a tokenizer")})
	}
	e.OptString("cls", &name)
}

func (rt *Runtime) validateMessagesCall(v Validator, messages []mistral.Message) call[*ValidationResult] {
	return rt.validateCall(v, "messages", messages, func(dst []byte) ([]byte, error) { return mistral.AppendMessages(dst, messages) })
}

func validationResult(c call[json.RawMessage]) call[*ValidationResult] {
	return reading(c, func(*wire.Reply) (*ValidationResult, error) { return &ValidationResult{}, nil })
}
