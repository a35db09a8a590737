package mistral

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// ErrInexact says that the types of this package cannot hold a request exactly as
// its JSON does. EncodeChatJSON takes such a request byte for byte.
var ErrInexact = errors.New("bridge: not exactly representable in Go types")

// maxParseDepth is far above what a request needs and far below what makes the
// reference run out of stack, which must see such a request as it was written.
const maxParseDepth = 256

// ParseChatCompletionRequest reads the JSON of a ChatCompletionRequest, or fails:
// what it returns encodes to JSON that is the same to Python as data, down to
// int and float. Only keys whose order no one can see may change places.
//
// It judges nothing and mends nothing. Parameters, arguments and schemas are kept
// verbatim; so is what is written in a form for which a field has no word (null, 1.0,
// an explicit false), for as long as the field is not changed; messages, chunks,
// tool choices and response formats of a kind for which there is no type become
// RawMessage, RawChunk, RawToolChoice and RawResponseFormat. Everything else fails
// with ErrInexact: text that is no JSON, unknown keys and keys that occur twice,
// other types than the reference documents, lone surrogates, numbers that Go cannot
// hold, more than 256 levels. Data that is not UTF-8 fails with ErrInvalidUTF8. Safe
// for concurrent use; the result shares memory with data.
func ParseChatCompletionRequest(data []byte) (*ChatCompletionRequest, error) {
	o, err := readRequest(data)
	if err != nil {
		return nil, err
	}
	r := &ChatCompletionRequest{
		Model:                    o.optString("model"),
		Tools:                    list(o, "tools", false, parseTool),
		ToolChoice:               parseToolChoice(o.raw("tool_choice")),
		ResponseFormat:           parseResponseFormat(o.raw("response_format")),
		ParallelToolCalls:        o.optBool("parallel_tool_calls"),
		TruncateForContextLength: o.flag("truncate_for_context_length"),
		ReasoningEffort:          (*ReasoningEffort)(o.optString("reasoning_effort")),
		Temperature:              o.optFloat("temperature"),
		TopP:                     o.optFloat("top_p"),
		MaxTokens:                o.optInt("max_tokens"),
		RandomSeed:               o.optInt("random_seed"),
		ContinueFinalMessage:     o.optBool("continue_final_message"),
		Messages:                 list(o, "messages", true, parseMessage),
	}
	r.verbatim = o.verbatim
	return r, o.end()
}

// readWhole checks a whole text once.
func readWhole(data []byte) error {
	if !utf8.Valid(data) {
		return refused(jsonenc.NotUTF8("", data))
	}
	depth, err := pyjson.Depth(data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInexact, err)
	}
	if depth > maxParseDepth {
		return inexact("", "nested %d levels deep", depth)
	}
	return nil
}

// readRequest takes the outermost object apart.
func readRequest(data []byte) (*object, error) {
	if err := readWhole(data); err != nil {
		return nil, err
	}
	o, err := readObject("", data)
	if err != nil {
		return nil, err
	}
	o.keeps = true
	return o, nil
}

func parseTool(where string, text []byte) (Tool, error) {
	o, err := readObject(where, text)
	if err != nil {
		return Tool{}, err
	}
	o.constant("type", "function")
	text = o.need("function")
	if o.err != nil {
		return Tool{}, o.err
	}
	f, err := parseFunction(where+".function", text)
	return Tool{f}, errors.Join(o.end(), err)
}

func parseFunction(where string, text []byte) (Function, error) {
	o, err := readObject(where, text)
	if err != nil {
		return Function{}, err
	}
	f := Function{
		Name: o.string("name"), Description: o.optString("description"),
		Parameters: o.raw("parameters"), Strict: o.optBool("strict"),
	}
	if f.Parameters == nil {
		// The reference's complaint shows the whole function.
		o.order("name", "description", "strict")
	}
	return f, o.end()
}

func parseToolCall(where string, text []byte) (ToolCall, error) {
	o, err := readObject(where, text)
	if err != nil {
		return ToolCall{}, err
	}
	o.constant("type", "function")
	text = o.need("function")
	if o.err != nil {
		return ToolCall{}, o.err
	}
	f, err := parseFunctionCall(where+".function", text)
	c := ToolCall{ID: o.optString("id"), Function: f}
	return c, errors.Join(o.end(), err)
}

func parseFunctionCall(where string, text []byte) (FunctionCall, error) {
	o, err := readObject(where, text)
	if err != nil {
		return FunctionCall{}, err
	}
	return FunctionCall{Name: o.string("name"), Arguments: o.raw("arguments")}, o.end()
}
