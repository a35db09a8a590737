package mistral

// InstructRequest equals mistral_common's InstructRequest[ChatMessage, Tool]: what a
// chat becomes when it has been validated and normalized, and what is encoded. With a
// message that has a Weight it is InstructRequest[FinetuningMessage, Tool].
type InstructRequest struct {
	Messages            []Message
	SystemPrompt        *string
	AvailableTools      []Tool         // nil: absent; empty: an empty list
	TruncateAtMaxTokens *int64         // in tokens
	Settings            *ModelSettings // nil: absent
	verbatim            verbatim
}

// AppendJSON appends the request in the reference's JSON, as
// ChatCompletionRequest.AppendJSON does.
func (r *InstructRequest) AppendJSON(dst []byte) ([]byte, error) { return appendRequest(dst, r) }

func (r *InstructRequest) encode(e *encoder) {
	v := r.verbatim
	e.Open('{')
	encodeMessages(e, r.Messages)
	v.optString(e, "system_prompt", r.SystemPrompt)
	encodeList(e, v, "available_tools", r.AvailableTools)
	v.optInt(e, "truncate_at_max_tokens", r.TruncateAtMaxTokens)
	if r.Settings != nil {
		member(e, "settings", r.Settings)
	}
	e.Close('}')
}

func (r *InstructRequest) size() int {
	return 256 + messagesSize(r.Messages) + toolsSize(r.AvailableTools)
}
