package vllm

import (
	"context"
	"encoding/json"
	"math"
	"time"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
)

// TemplateOptions are the parameters of vLLM's apply_mistral_chat_template beside
// the messages. What is nil is not passed, so that vLLM's own default holds.
type TemplateOptions struct {
	Tools                []mistral.Tool // nil: None; empty: an empty list
	ChatTemplate         *string        // refused up to 0.13, ignored later
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
	Warnings []bridge.Warning
}

// ApplyMistralChatTemplate encodes messages in OpenAI's form as vLLM does. Equals
// vllm.entrypoints.chat_utils.apply_mistral_chat_template(tokenizer, messages,
// chat_template, tools, **kwargs), and safe_apply_chat_template of the later
// releases. What is passed here is never changed.
//
// Errors: *PyError of builtins.ValueError with vLLM's own text, and in Cause what it
// was raised from; *mistral.InputError, bridge.ErrOverloaded, bridge.ErrClosed, ctx's own.
func (v *Tokenizer) ApplyMistralChatTemplate(ctx context.Context, messages []mistral.Message, opts TemplateOptions) (*Templated, error) {
	return seam.Do(ctx, v.calls, v.templateCall(messages, opts))
}

// ApplyMistralChatTemplateAsync is ApplyMistralChatTemplate as a future; ctx
// governs the call itself.
func (v *Tokenizer) ApplyMistralChatTemplateAsync(ctx context.Context, messages []mistral.Message, opts TemplateOptions) *async.Future[*Templated] {
	return seam.Start(ctx, v.calls, v.templateCall(messages, opts))
}

// ApplyMistralChatTemplateJSON takes all arguments as one JSON object with the keys
// messages, chat_template, tools and kwargs, byte for byte as Python is to read
// them; all but messages may be absent.
func (v *Tokenizer) ApplyMistralChatTemplateJSON(ctx context.Context, args []byte) (*Templated, error) {
	return seam.Do(ctx, v.calls, v.templateJSONCall(args))
}

// ApplyMistralChatTemplateJSONAsync is ApplyMistralChatTemplateJSON as a future.
func (v *Tokenizer) ApplyMistralChatTemplateJSONAsync(ctx context.Context, args []byte) *async.Future[*Templated] {
	return seam.Start(ctx, v.calls, v.templateJSONCall(args))
}

// ReferenceApply is the baseline, as raw.Tokenizer.ReferenceChat is: it calls vLLM's
// function n times in plain Python, timed by Python itself, on arguments as
// ApplyMistralChatTemplateJSON takes them. Parsing them is not in the times.
func (v *Tokenizer) ReferenceApply(ctx context.Context, args []byte, n int) (raw.Reference, error) {
	return seam.Do(ctx, v.calls, v.referenceCall(args, n))
}

// ReferenceApplyAsync is ReferenceApply as a future.
func (v *Tokenizer) ReferenceApplyAsync(ctx context.Context, args []byte, n int) *async.Future[raw.Reference] {
	return seam.Start(ctx, v.calls, v.referenceCall(args, n))
}

// AppendTemplateJSON appends the arguments of ApplyMistralChatTemplate in the form
// that ApplyMistralChatTemplateJSON takes. Errors as of mistral.ChatCompletionRequest.AppendJSON.
func AppendTemplateJSON(dst []byte, messages []mistral.Message, opts TemplateOptions) ([]byte, error) {
	e := &jsonenc.Encoder{Buf: dst}
	opts.encode(e, messages)
	return e.Buf, seam.Refused(e.Err)
}

func (o *TemplateOptions) encode(e *jsonenc.Encoder, messages []mistral.Message) {
	e.Open('{')
	e.Append("messages", func(dst []byte) ([]byte, error) { return mistral.AppendMessages(dst, messages) })
	e.OptString("chat_template", o.ChatTemplate)
	if o.Tools != nil {
		e.Append("tools", func(dst []byte) ([]byte, error) { return mistral.AppendTools(dst, o.Tools) })
	}
	e.Key("kwargs")
	e.Open('{')
	e.OptBool("add_generation_prompt", o.AddGenerationPrompt)
	e.OptBool("continue_final_message", o.ContinueFinalMessage)
	for _, k := range o.Kwargs {
		e.StrKey(k.Name, "keyword")
		failed := e.Err != nil
		e.Raw(k.Value, k.Name, "keyword argument")
		if !failed && e.Err != nil {
			e.Err = jsonenc.Within("kwargs", e.Err)
		}
	}
	e.Close('}')
	e.Close('}')
}

func (v *Tokenizer) templateCall(messages []mistral.Message, opts TemplateOptions) seam.Call[*Templated] {
	e := &jsonenc.Encoder{Buf: wire.NewFrame(v.calls.Header(wire.OpApplyMistralChatTemplate, 0), 0)}
	opts.encode(e, messages)
	return templated(wire.Seal(e.Buf), v.calls.Check(e.Err))
}

func (v *Tokenizer) templateJSONCall(args []byte) seam.Call[*Templated] {
	return templated(v.templateFrame(v.calls.Header(wire.OpApplyMistralChatTemplate, 0), args))
}

func (v *Tokenizer) templateFrame(h wire.Header, args []byte) ([]byte, error) {
	if !utf8.Valid(args) {
		return nil, jsonenc.NotUTF8("", args)
	}
	return wire.Frame(h, args), v.calls.Check(nil)
}

func templated(frame []byte, err error) seam.Call[*Templated] {
	t := &Templated{}
	warned := func(module, category, message string) {
		t.Warnings = append(t.Warnings, bridge.Warning{Module: module, Category: category, Message: message})
	}
	return seam.Call[*Templated]{
		Job:  seam.Job{Op: "apply_mistral_chat_template", Frame: frame, Err: err, Warned: warned},
		Read: func(r *wire.Reply) (*Templated, error) { return t, t.read(r) },
	}
}

func (t *Templated) read(r *wire.Reply) error {
	t.Tokens = r.Ints
	if r.Flags&wire.ReplyJSON == 0 {
		return nil
	}
	var other struct {
		Value json.RawMessage `json:"value"`
	}
	err := json.Unmarshal(r.Body, &other)
	t.Other = other.Value
	return err
}

func (v *Tokenizer) referenceCall(args []byte, n int) seam.Call[raw.Reference] {
	h := v.calls.Header(wire.OpApplyMistralChatTemplate, wire.FlagPlain)
	h.Arg = int32(max(1, min(n, math.MaxInt32)))
	frame, err := v.templateFrame(h, args)
	return seam.Call[raw.Reference]{
		Job: seam.Job{Op: "reference_apply", Frame: frame, Err: err},
		Read: func(r *wire.Reply) (raw.Reference, error) {
			var body struct {
				NS []time.Duration `json:"ns"`
			}
			err := json.Unmarshal(r.Body, &body)
			return raw.Reference{Tokens: r.Ints, Times: body.NS}, err
		},
	}
}
