package bridge

import "encoding/json"

// ChatCompletionRequest equals mistral_common's ChatCompletionRequest. A nil
// field is absent, so that the reference's own default holds. Temperature, TopP,
// MaxTokens and RandomSeed are checked by the reference but change no token.
type ChatCompletionRequest struct {
	Model                    *string
	Messages                 []Message
	Tools                    []Tool          // nil: absent; empty: an empty list
	ToolChoice               json.RawMessage // "auto", "none", "any", "required" in quotes, or an object naming a function
	ResponseFormat           json.RawMessage // an object with a type and perhaps a json_schema
	ParallelToolCalls        *bool
	TruncateForContextLength bool // needs MaxModelInputLen
	ReasoningEffort          *string
	Temperature              *float64
	TopP                     *float64
	MaxTokens                *int64
	RandomSeed               *int64
	ContinueFinalMessage     *bool // legacy: the last message gets prefix=true
}

// AppendJSON appends the request in the reference's JSON: keys in a fixed order,
// raw parts verbatim. It fails with ErrInvalidUTF8 where a string is not UTF-8,
// and where a message or a chunk is nil or a raw part is empty.
func (r *ChatCompletionRequest) AppendJSON(dst []byte) ([]byte, error) {
	e := &encoder{buf: dst}
	r.encode(e)
	return e.buf, e.err
}

// MarshalJSON is AppendJSON.
func (r *ChatCompletionRequest) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

func (r *ChatCompletionRequest) encode(e *encoder) {
	e.open('{')
	e.optString("model", r.Model)
	e.key("messages")
	e.open('[')
	for i, m := range r.Messages {
		e.part(m, "message", i)
	}
	e.close(']')
	if r.Tools != nil {
		e.key("tools")
		e.open('[')
		for _, t := range r.Tools {
			t.encode(e)
		}
		e.close(']')
	}
	for _, part := range []struct {
		name string
		raw  json.RawMessage
	}{{"tool_choice", r.ToolChoice}, {"response_format", r.ResponseFormat}} {
		if part.raw != nil {
			e.key(part.name)
			e.raw(part.raw, part.name)
		}
	}
	e.optBool("parallel_tool_calls", r.ParallelToolCalls)
	if r.TruncateForContextLength {
		e.key("truncate_for_context_length")
		e.literal("true")
	}
	e.optString("reasoning_effort", r.ReasoningEffort)
	e.optFloat("temperature", r.Temperature)
	e.optFloat("top_p", r.TopP)
	e.optInt("max_tokens", r.MaxTokens)
	e.optInt("random_seed", r.RandomSeed)
	e.optBool("continue_final_message", r.ContinueFinalMessage)
	e.close('}')
}

// size is about how many bytes the request's text takes.
func (r *ChatCompletionRequest) size() int {
	n := 256
	for _, m := range r.Messages {
		n += 64 + contentSize(m)
	}
	for _, t := range r.Tools {
		n += 128 + len(t.Function.Parameters)
	}
	return n
}

func contentSize(m Message) int {
	var c Content
	switch m := m.(type) {
	case SystemMessage:
		c = m.Content
	case UserMessage:
		c = m.Content
	case AssistantMessage:
		c = m.Content
	case ToolMessage:
		c = m.Content
	case RawMessage:
		return len(m)
	}
	return len(c.text) + 64*len(c.chunks)
}
