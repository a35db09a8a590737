package bridge

import (
	"context"
	_ "embed"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

//go:embed testdata/testing_ops.py
var testingOps string

// The operations of testdata/testing_ops.py.
const (
	OpRaise = wire.OpTest + iota
	OpPanic
	OpSleep
	OpForever
	OpThread
	OpThreadRan
	OpTalk
	OpMalformed
	OpPart
	OpGate
)

// WithTestOps adds them: the shim's dispatch module gets one more line at its end.
func WithTestOps() Option {
	return func(c *config) error {
		c.patch = func(sources map[string]string) {
			sources["pyshim/testing_ops.py"] = testingOps
			sources["pyshim/dispatch.py"] += "\nfrom pyshim import testing_ops as _testing_ops  # noqa\n"
		}
		return nil
	}
}

// WithBrokenShim makes the start of pyshim fail with the given statement.
func WithBrokenShim(statement string) Option {
	return func(c *config) error {
		c.patch = func(sources map[string]string) { sources["pyshim/dispatch.py"] = statement }
		return nil
	}
}

// Send sends one frame and returns the body of the answer.
func (rt *Runtime) Send(ctx context.Context, op wire.Op, arg int32, body string) (string, error) {
	return do(ctx, rt, sendCall(op, arg, body))
}

// LoadForNobody loads for a caller that goes before Python has answered.
func (rt *Runtime) LoadForNobody(ctx context.Context, body string) error {
	o := &pendingLoad{rt: rt}
	o.cancel()
	c := sendCall(wire.OpLoad, wire.NoArg, body)
	c.accept = o.accept
	_, err := do(ctx, rt, c)
	return err
}

// SendForWarnings sends one frame and returns the warnings that came with the answer.
func SendForWarnings(ctx context.Context, rt *Runtime, op wire.Op) ([]Warning, error) {
	c := call[*Tokenized]{op: "test", frame: wire.Frame(wire.Header{Op: op}, ""), read: readTokenized}
	t, err := do(ctx, rt, c)
	if err != nil {
		return nil, err
	}
	return t.Warnings, nil
}

// SendAsync is Send as a future.
func (rt *Runtime) SendAsync(ctx context.Context, op wire.Op, arg int32, body string) *async.Future[string] {
	return start(ctx, rt, sendCall(op, arg, body))
}

// Bodies of frames in which raw JSON has been put somewhere, as they go to Python.

func FromOpenAIBody(c mistral.Class, args, kwargs json.RawMessage) ([]byte, error) {
	return bodyOf(fromOpenAICall(c, args, kwargs))
}

func ToOpenAIBody(x mistral.Object, kwargs json.RawMessage) ([]byte, error) {
	return bodyOf((*Runtime)(nil).toOpenAICall(x, kwargs))
}

func NormalizeBody(n Normalizer, req *mistral.ChatCompletionRequest) ([]byte, error) {
	return bodyOf((*Runtime)(nil).normalizeCall(n, req))
}

func ValidateMessagesBody(messages []mistral.Message) ([]byte, error) {
	return bodyOf((*Runtime)(nil).validateMessagesCall(Validator{Class: "c"}, messages))
}

func RawBody(t *Tokenizer, args, kwargs json.RawMessage) ([]byte, error) {
	return bodyOf(t.rawCall("encode", args, kwargs))
}

func PartBody(t *Tokenizer, kwargs json.RawMessage) ([]byte, error) {
	return jobBody(seam.Part(seam.OfTokenizer(t), wire.OpInstruct, "encode_think", "k", "kwargs", kwargs))
}

func OutputBody(t *Tokenizer, tokens json.RawMessage) ([]byte, error) {
	return jobBody(seam.Part(seam.OfTokenizer(t), wire.OpOutput, "decode_tool_calls", "tokens", "tokens", tokens))
}

func SchemaGrammarBody(t *Tokenizer, schema json.RawMessage) ([]byte, error) {
	return bodyOf(t.schemaGrammarCall("", schema))
}

func ChatGrammarBody(t *Tokenizer, request []byte) ([]byte, error) {
	return bodyOf(t.chatGrammarJSONCall(request, ""))
}

func LarkBody(t *Tokenizer, l Lark) ([]byte, error) { return bodyOf(t.larkCall(l)) }

func jobBody(c seam.Call[json.RawMessage]) ([]byte, error) {
	return bodyOf(call[struct{}]{frame: c.Frame, err: c.Err})
}

func bodyOf[T any](c call[T]) ([]byte, error) {
	if c.err != nil {
		return nil, seam.Refused(c.err)
	}
	return c.frame[wire.RequestHeaderSize:], nil
}

func sendCall(op wire.Op, arg int32, body string) call[string] {
	return call[string]{op: "test", frame: wire.Frame(wire.Header{Op: op, Arg: arg}, body), read: readText}
}

// LockFree takes a lock of the process that is free, and gives it back.
func LockFree(ctx context.Context) error {
	s := state{sem: make(chan struct{}, 1)}
	if err := s.lock(ctx); err != nil {
		return err
	}
	s.unlock()
	return nil
}

// Outward is what callers get of an error of the internal packages.
func Outward(err error) error { return outward(err) }
