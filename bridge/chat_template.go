package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// ChatTemplate says what a chat template has to be able to do. It has the parameters
// of mistral_common's generate_chat_template.
type ChatTemplate struct {
	TokenizerVersion         string // v1, v2, v3, v7, v11, v13, v15
	SPM                      bool   // for a SentencePiece tokenizer
	ImageSupport             bool
	AudioSupport             bool
	ThinkingSupport          bool    // [THINK] tokens
	PlainThinkingSupport     bool    // <think> as plain text
	DefaultSystemPrompt      *string // nil: none
	UseSpecialTokenVariables bool    // bos_token and eos_token instead of their text
	ModelSettingsFields      []string
	ReasoningEffortValues    []mistral.ReasoningEffort
	ReasoningEffortDefault   *mistral.ReasoningEffort
}

// GenerateChatTemplate returns a Jinja2 template that writes a chat as the tokenizer
// would. Equals integrations.chat_templates.generate_chat_template. Errors: *PyError
// of builtins.ValueError for abilities that do not go together.
func (rt *Runtime) GenerateChatTemplate(ctx context.Context, c ChatTemplate) (string, error) {
	return do(ctx, rt, templateCall(c))
}

// GenerateChatTemplateAsync is GenerateChatTemplate as a future.
func (rt *Runtime) GenerateChatTemplateAsync(ctx context.Context, c ChatTemplate) *async.Future[string] {
	return start(ctx, rt, templateCall(c))
}

// TokenizerTemplate are the parameters of ConvertTokenizerToChatTemplate beside the
// file.
type TokenizerTemplate struct {
	SystemPrompt             *string // nil: none
	UseSpecialTokenVariables *bool   // nil: true
	PlainThinkingSupport     *bool   // nil: guessed by the reference, from the version
}

// ConvertTokenizerToChatTemplate returns the Jinja2 template that goes with a
// tokenizer file. Equals
// integrations.chat_templates.convert_tokenizer_to_chat_template.
func (rt *Runtime) ConvertTokenizerToChatTemplate(ctx context.Context, file string, c TokenizerTemplate) (string, error) {
	return do(ctx, rt, convertTemplateCall(file, c))
}

// ConvertTokenizerToChatTemplateAsync is ConvertTokenizerToChatTemplate as a future.
func (rt *Runtime) ConvertTokenizerToChatTemplateAsync(ctx context.Context, file string, c TokenizerTemplate) *async.Future[string] {
	return start(ctx, rt, convertTemplateCall(file, c))
}

// TemplateJSON takes all arguments as one JSON object, as the op template of
// docs/protocol.md does: {"fn", "k"}. fn may also be build_chat_template, whose
// keywords are those of TemplateConfig.
func (rt *Runtime) TemplateJSON(ctx context.Context, args []byte) (string, error) {
	return do(ctx, rt, reading(argumentsJSONCall(runtimeHeader(wire.OpTemplate), "template", args), readText))
}

// TemplateJSONAsync is TemplateJSON as a future.
func (rt *Runtime) TemplateJSONAsync(ctx context.Context, args []byte) *async.Future[string] {
	return start(ctx, rt, reading(argumentsJSONCall(runtimeHeader(wire.OpTemplate), "template", args), readText))
}

func templateCall(c ChatTemplate) call[string] {
	return templateOp("generate_chat_template", func(e *jsonenc.Encoder) {
		e.OptBool("spm", &c.SPM)
		e.OptString("tokenizer_version", &c.TokenizerVersion)
		e.OptBool("image_support", &c.ImageSupport)
		e.OptBool("audio_support", &c.AudioSupport)
		e.OptBool("thinking_support", &c.ThinkingSupport)
		e.OrNull("default_system_prompt", c.DefaultSystemPrompt)
		e.OptBool("plain_thinking_support", &c.PlainThinkingSupport)
		e.OptBool("use_special_token_variables", &c.UseSpecialTokenVariables)
		jsonenc.StringsOrNull(e, "model_settings_fields", c.ModelSettingsFields)
		jsonenc.StringsOrNull(e, "reasoning_effort_values", c.ReasoningEffortValues)
		e.OrNull("reasoning_effort_default", (*string)(c.ReasoningEffortDefault))
	})
}

func convertTemplateCall(file string, c TokenizerTemplate) call[string] {
	return templateOp("convert_tokenizer_to_chat_template", func(e *jsonenc.Encoder) {
		e.OptString("tokenizer_file", &file)
		e.OptString("system_prompt", c.SystemPrompt)
		e.OptBool("use_special_token_variables", c.UseSpecialTokenVariables)
		e.OptBool("plain_thinking_support", c.PlainThinkingSupport)
	})
}

func templateOp(function string, keywords func(*jsonenc.Encoder)) call[string] {
	e := &jsonenc.Encoder{}
	e.Open('{')
	e.OptString("fn", &function)
	e.Key("k")
	e.Open('{')
	keywords(e)
	e.Close('}')
	e.Close('}')
	return reading[string](argumentsCall(runtimeHeader(wire.OpTemplate), function, e), readText)
}
