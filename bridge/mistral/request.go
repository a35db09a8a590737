package mistral

// ChatCompletionRequest equals mistral_common's ChatCompletionRequest; with a message
// that has a Weight it is ChatCompletionRequest[FinetuningMessage]. A nil field is
// absent, so that the reference's own default holds. Temperature, TopP, MaxTokens and
// RandomSeed are checked by the reference but change no token.
type ChatCompletionRequest struct {
	Model                    *string
	Messages                 []Message
	Tools                    []Tool         // nil: absent; empty: an empty list
	ToolChoice               ToolChoice     // nil: absent, which is ToolChoiceAuto
	ResponseFormat           ResponseFormat // nil: absent, which is TextFormat
	ParallelToolCalls        *bool
	TruncateForContextLength bool             // needs WithMaxModelInputLen
	ReasoningEffort          *ReasoningEffort // only v15
	Temperature              *float64         // 0 to 1
	TopP                     *float64         // 0 to 1
	MaxTokens                *int64           // not negative
	RandomSeed               *int64           // not negative
	ContinueFinalMessage     *bool            // legacy: the last message gets prefix=true
	verbatim                 verbatim
}

// AppendJSON appends the request in the reference's JSON: keys in a fixed order,
// raw parts verbatim. It fails with an *InputError where a string is not UTF-8, a raw
// part is not exactly one JSON value, or a message or a chunk is nil.
func (r *ChatCompletionRequest) AppendJSON(dst []byte) ([]byte, error) { return appendRequest(dst, r) }

func (r *ChatCompletionRequest) encode(e *encoder) {
	v := r.verbatim
	e.Open('{')
	v.optString(e, "model", r.Model)
	encodeMessages(e, r.Messages)
	encodeList(e, v, "tools", r.Tools)
	e.optPart("tool_choice", r.ToolChoice)
	e.optPart("response_format", r.ResponseFormat)
	v.optBool(e, "parallel_tool_calls", r.ParallelToolCalls)
	v.flag(e, "truncate_for_context_length", r.TruncateForContextLength)
	v.optString(e, "reasoning_effort", (*string)(r.ReasoningEffort))
	v.sampling(e, r.Temperature, r.TopP, r.MaxTokens, r.RandomSeed)
	v.optBool(e, "continue_final_message", r.ContinueFinalMessage)
	e.Close('}')
}

// size is about how many bytes the request's text takes.
func (r *ChatCompletionRequest) size() int {
	return 256 + messagesSize(r.Messages) + toolsSize(r.Tools)
}

func toolsSize(tools []Tool) (n int) {
	for _, t := range tools {
		n += 128 + len(t.Function.Parameters)
	}
	return n
}

func messagesSize(messages []Message) (n int) {
	for _, m := range messages {
		n += 64 + contentSize(m)
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
	n := len(c.text)
	for _, chunk := range c.chunks {
		n += 64 + chunkSize(chunk)
	}
	return n
}

func chunkSize(c Chunk) int {
	switch c := c.(type) {
	case TextChunk:
		return len(c.Text)
	case ImageURLChunk:
		return len(c.URL)
	case ImageChunk:
		return len(c.Image)
	case AudioChunk:
		return len(c.InputAudio)
	case AudioURLChunk:
		return len(c.URL)
	case RawChunk:
		return len(c)
	}
	return 0
}
