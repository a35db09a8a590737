package bridge

import (
	"context"
	"encoding/json"
	"math"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// TemplateOptions are the parameters of vLLM's apply_mistral_chat_template beside
// the messages. What is nil is not passed, so that vLLM's own default holds.
type TemplateOptions struct {
	Tools                []Tool  // nil: None; empty: an empty list
	ChatTemplate         *string // refused up to 0.13, ignored later
	AddGenerationPrompt  *bool
	ContinueFinalMessage *bool
	Kwargs               []Kwarg // any other keyword argument
}

// Kwarg is a keyword argument whose value is given as JSON.
type Kwarg struct {
	Name  string
	Value json.RawMessage
}

// Templated is what vLLM's function returned.
type Templated struct {
	Tokens   []int32
	Other    json.RawMessage // if it is no list of tokens: a text, where tokenize is false, or lists for a batch
	Warnings []Warning
}

func (t *Templated) setWarnings(w []Warning) { t.Warnings = w }

// ApplyMistralChatTemplate encodes messages in OpenAI's form as vLLM does. Equals
// vllm.entrypoints.chat_utils.apply_mistral_chat_template(tokenizer, messages,
// chat_template, tools, **kwargs), and safe_apply_chat_template of the later
// releases. What is passed here is never changed.
//
// Errors: *PyError of builtins.ValueError with vLLM's own text, and in Cause what it
// was raised from; *InputError, ErrOverloaded, ErrClosed, ctx's own.
func (v *VLLM) ApplyMistralChatTemplate(ctx context.Context, messages []Message, opts TemplateOptions) (*Templated, error) {
	return do(ctx, v.t.rt, v.templateCall(messages, opts))
}

// ApplyMistralChatTemplateAsync is ApplyMistralChatTemplate as a future; ctx
// governs the call itself.
func (v *VLLM) ApplyMistralChatTemplateAsync(ctx context.Context, messages []Message, opts TemplateOptions) *async.Future[*Templated] {
	return start(ctx, v.t.rt, v.templateCall(messages, opts))
}

// ApplyMistralChatTemplateJSON takes all arguments as one JSON object with the keys
// messages, chat_template, tools and kwargs, byte for byte as Python is to read
// them; all but messages may be absent.
func (v *VLLM) ApplyMistralChatTemplateJSON(ctx context.Context, args []byte) (*Templated, error) {
	return do(ctx, v.t.rt, v.templateJSONCall(args))
}

// ApplyMistralChatTemplateJSONAsync is ApplyMistralChatTemplateJSON as a future.
func (v *VLLM) ApplyMistralChatTemplateJSONAsync(ctx context.Context, args []byte) *async.Future[*Templated] {
	return start(ctx, v.t.rt, v.templateJSONCall(args))
}

// ReferenceApply is the yardstick, as Tokenizer.ReferenceChat is: it calls vLLM's
// function n times in plain Python, timed by Python itself, on arguments as
// ApplyMistralChatTemplateJSON takes them. Parsing them is not in the times.
func (v *VLLM) ReferenceApply(ctx context.Context, args []byte, n int) (Reference, error) {
	return do(ctx, v.t.rt, v.referenceCall(args, n))
}

// ReferenceApplyAsync is ReferenceApply as a future.
func (v *VLLM) ReferenceApplyAsync(ctx context.Context, args []byte, n int) *async.Future[Reference] {
	return start(ctx, v.t.rt, v.referenceCall(args, n))
}

// AppendTemplateJSON appends the arguments of ApplyMistralChatTemplate in the form
// that ApplyMistralChatTemplateJSON takes. Errors as of ChatCompletionRequest.AppendJSON.
func AppendTemplateJSON(dst []byte, messages []Message, opts TemplateOptions) ([]byte, error) {
	e := &encoder{buf: dst}
	opts.encode(e, messages)
	return e.buf, e.err
}

func (o *TemplateOptions) encode(e *encoder, messages []Message) {
	e.open('{')
	encodeMessages(e, messages)
	e.optString("chat_template", o.ChatTemplate)
	encodeList(e, nil, "tools", o.Tools)
	e.key("kwargs")
	e.open('{')
	e.optBool("add_generation_prompt", o.AddGenerationPrompt)
	e.optBool("continue_final_message", o.ContinueFinalMessage)
	for _, k := range o.Kwargs {
		e.str(k.Name, "keyword")
		e.buf = append(e.buf, ':')
		e.comma = false
		failed := e.err != nil
		e.raw(k.Value, k.Name, "keyword argument")
		if !failed && e.err != nil {
			e.err = within("kwargs", e.err)
		}
	}
	e.close('}')
	e.close('}')
}

func (v *VLLM) templateCall(messages []Message, opts TemplateOptions) call[*Templated] {
	r := ChatCompletionRequest{Messages: messages, Tools: opts.Tools}
	e := &encoder{buf: wire.NewFrame(v.t.header(wire.OpApplyMistralChatTemplate, 0), r.size())}
	opts.encode(e, messages)
	return templated(wire.Seal(e.buf), v.t.check(e.err))
}

func (v *VLLM) templateJSONCall(args []byte) call[*Templated] {
	return templated(v.templateFrame(v.t.header(wire.OpApplyMistralChatTemplate, 0), args))
}

func (v *VLLM) templateFrame(h wire.Header, args []byte) ([]byte, error) {
	if !utf8.Valid(args) {
		return nil, notUTF8("", args)
	}
	return wire.Frame(h, args), v.t.check(nil)
}

func templated(frame []byte, err error) call[*Templated] {
	return call[*Templated]{op: "apply_mistral_chat_template", frame: frame, err: err, read: readTemplated}
}

func readTemplated(r *wire.Reply) (*Templated, error) {
	t := &Templated{Tokens: r.Ints}
	if r.Flags&wire.ReplyJSON == 0 {
		return t, nil
	}
	var other struct {
		Value json.RawMessage `json:"value"`
	}
	err := json.Unmarshal(r.Body, &other)
	t.Other = other.Value
	return t, err
}

func (v *VLLM) referenceCall(args []byte, n int) call[Reference] {
	h := v.t.header(wire.OpApplyMistralChatTemplate, wire.FlagPlain)
	h.Arg = int32(max(1, min(n, math.MaxInt32)))
	frame, err := v.templateFrame(h, args)
	return call[Reference]{op: "reference_apply", frame: frame, err: err, read: readReference}
}
