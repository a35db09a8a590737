package bridge

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// The grammars are those of mistral_common.guidance.GrammarFactory, in llguidance's
// Lark dialect. A tokenizer's first one takes about 0.7 s and 100 MB.
//
// A template is run as jinja without a sandbox: a caller that supplies one can run any Python.
// Pass on what SelectJinjaTemplate returned, and never one from a remote caller.

// GrammarSupported reports whether there are grammars for this tokenizer: a Tekken of
// v11 or later. Equals GrammarFactory.is_supported.
func (t *Tokenizer) GrammarSupported(ctx context.Context) (bool, error) {
	return do(ctx, t.rt, reading(t.grammarCall("is_supported", nil), value[bool]))
}

// GrammarSupportedAsync is GrammarSupported as a future.
func (t *Tokenizer) GrammarSupportedAsync(ctx context.Context) *async.Future[bool] {
	return start(ctx, t.rt, reading(t.grammarCall("is_supported", nil), value[bool]))
}

// SelectJinjaTemplate returns the template that goes with this tokenizer. Equals
// GrammarFactory.select_jinja_template. Errors: *PyError of builtins.ValueError where
// grammars are not supported.
func (t *Tokenizer) SelectJinjaTemplate(ctx context.Context) (string, error) {
	return do(ctx, t.rt, reading(t.grammarCall("select_jinja_template", nil), value[string]))
}

// SelectJinjaTemplateAsync is SelectJinjaTemplate as a future.
func (t *Tokenizer) SelectJinjaTemplateAsync(ctx context.Context) *async.Future[string] {
	return start(ctx, t.rt, reading(t.grammarCall("select_jinja_template", nil), value[string]))
}

// GrammarForChat returns the grammar of the answers that a chat's tools, tool choice and
// response format allow; nil if they allow any. Equals
// GrammarFactory.get_grammar_for_chat_request.
func (t *Tokenizer) GrammarForChat(ctx context.Context, req *mistral.ChatCompletionRequest, template string) (*string, error) {
	return do(ctx, t.rt, t.chatGrammarCall(req, template))
}

// GrammarForChatAsync is GrammarForChat as a future.
func (t *Tokenizer) GrammarForChatAsync(ctx context.Context, req *mistral.ChatCompletionRequest, template string) *async.Future[*string] {
	return start(ctx, t.rt, t.chatGrammarCall(req, template))
}

// GrammarForChatJSON is GrammarForChat for the JSON of a ChatCompletionRequest, which must
// be one value, and is otherwise passed on as it is written.
func (t *Tokenizer) GrammarForChatJSON(ctx context.Context, request []byte, template string) (*string, error) {
	return do(ctx, t.rt, t.chatGrammarJSONCall(request, template))
}

// GrammarForChatJSONAsync is GrammarForChatJSON as a future.
func (t *Tokenizer) GrammarForChatJSONAsync(ctx context.Context, request []byte, template string) *async.Future[*string] {
	return start(ctx, t.rt, t.chatGrammarJSONCall(request, template))
}

// LarkForJSONSchema returns the grammar of the texts that a JSON schema allows. Equals
// GrammarFactory.get_lark_for_json_schema.
func (t *Tokenizer) LarkForJSONSchema(ctx context.Context, template string, schema json.RawMessage) (string, error) {
	return do(ctx, t.rt, t.schemaGrammarCall(template, schema))
}

// LarkForJSONSchemaAsync is LarkForJSONSchema as a future.
func (t *Tokenizer) LarkForJSONSchemaAsync(ctx context.Context, template string, schema json.RawMessage) *async.Future[string] {
	return start(ctx, t.rt, t.schemaGrammarCall(template, schema))
}

// Lark are the parameters of GrammarFactory.get_lark_from_jinja.
type Lark struct {
	Template          string
	Mode              mistral.ToolChoiceEnum
	Tools             []mistral.Tool  // nil: None
	JSONSchema        json.RawMessage // nil: None
	ParallelToolCalls bool
	JSONOnly          bool
	ForceToolNames    bool
}

// LarkFromJinja returns the grammar of what is allowed. Equals
// GrammarFactory.get_lark_from_jinja.
func (t *Tokenizer) LarkFromJinja(ctx context.Context, l Lark) (string, error) {
	return do(ctx, t.rt, t.larkCall(l))
}

// LarkFromJinjaAsync is LarkFromJinja as a future.
func (t *Tokenizer) LarkFromJinjaAsync(ctx context.Context, l Lark) *async.Future[string] {
	return start(ctx, t.rt, t.larkCall(l))
}

// GrammarJSON takes all arguments as one JSON object, as the op grammar of
// docs/protocol.md does, {"m", "k"}, and returns the result as JSON.
func (t *Tokenizer) GrammarJSON(ctx context.Context, args []byte) (json.RawMessage, error) {
	return do(ctx, t.rt, checked(t, argumentsJSONCall(t.header(wire.OpGrammar, 0), "grammar", args)))
}

// GrammarJSONAsync is GrammarJSON as a future.
func (t *Tokenizer) GrammarJSONAsync(ctx context.Context, args []byte) *async.Future[json.RawMessage] {
	return start(ctx, t.rt, checked(t, argumentsJSONCall(t.header(wire.OpGrammar, 0), "grammar", args)))
}

func (t *Tokenizer) chatGrammarCall(req *mistral.ChatCompletionRequest, template string) call[*string] {
	return reading(t.grammarCall("get_grammar_for_chat_request", func(e *jsonenc.Encoder) {
		required(e, "request", req, "request", req.AppendJSON)
		e.OptString("template", &template)
	}), value[*string])
}

func (t *Tokenizer) chatGrammarJSONCall(request []byte, template string) call[*string] {
	return reading(t.grammarCall("get_grammar_for_chat_request", func(e *jsonenc.Encoder) {
		e.Key("request")
		e.Raw(request, "", "request")
		e.OptString("template", &template)
	}), value[*string])
}

func (t *Tokenizer) schemaGrammarCall(template string, schema json.RawMessage) call[string] {
	return reading(t.grammarCall("get_lark_for_json_schema", func(e *jsonenc.Encoder) {
		e.OptString("template", &template)
		e.OptRaw("json_schema", schema, "schema")
	}), value[string])
}

func (t *Tokenizer) larkCall(l Lark) call[string] {
	return reading(t.grammarCall("get_lark_from_jinja", func(e *jsonenc.Encoder) {
		e.OptString("template", &l.Template)
		e.Key("mode")
		e.Str(string(l.Mode), "mode")
		if l.Tools == nil {
			e.OrNull("tools", nil)
		} else {
			e.Append("tools", func(dst []byte) ([]byte, error) { return mistral.AppendTools(dst, l.Tools) })
		}
		if l.JSONSchema == nil {
			e.OrNull("json_schema", nil)
		}
		e.OptRaw("json_schema", l.JSONSchema, "json_schema")
		e.OptBool("parallel_tool_calls", &l.ParallelToolCalls)
		e.OptBool("json_only", &l.JSONOnly)
		e.OptBool("force_tool_names", &l.ForceToolNames)
	}), value[string])
}

func (t *Tokenizer) grammarCall(method string, keywords func(*jsonenc.Encoder)) call[json.RawMessage] {
	return t.keywordCall(wire.OpGrammar, method, keywords)
}

// keywordCall is an operation on a method of this tokenizer's, with keywords.
func (t *Tokenizer) keywordCall(op wire.Op, method string, keywords func(*jsonenc.Encoder)) call[json.RawMessage] {
	e := &jsonenc.Encoder{}
	e.Open('{')
	e.OptString("m", &method)
	e.Key("k")
	e.Open('{')
	if keywords != nil {
		keywords(e)
	}
	e.Close('}')
	e.Close('}')
	return checked(t, argumentsCall(t.header(op, 0), method, e))
}
