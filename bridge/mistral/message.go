package mistral

// Message is a message of a chat: SystemMessage, UserMessage, AssistantMessage,
// ToolMessage or RawMessage, and nothing else.
type Message interface {
	encode(*encoder)
	message()
}

// SystemMessage equals mistral_common's SystemMessage.
type SystemMessage struct{ Content Content }

// UserMessage equals mistral_common's UserMessage.
type UserMessage struct{ Content Content }

// AssistantMessage equals mistral_common's AssistantMessage. With Weight set the
// request is a finetuning request and the message a FinetuningAssistantMessage.
type AssistantMessage struct {
	Content   Content
	ToolCalls []ToolCall // nil: absent; empty: an empty list
	Prefix    bool       // the model goes on with this message
	Weight    *float64
	verbatim  verbatim
}

// ToolMessage equals mistral_common's ToolMessage: what a tool has answered.
type ToolMessage struct {
	Content    Content
	ToolCallID *string
	Name       *string
	verbatim   verbatim
}

// RawMessage is any message in the reference's own JSON.
type RawMessage []byte

func (SystemMessage) message()    {}
func (UserMessage) message()      {}
func (AssistantMessage) message() {}
func (ToolMessage) message()      {}
func (RawMessage) message()       {}

func (m SystemMessage) encode(e *encoder) {
	openMessage(e, `"system"`)
	m.Content.member(e)
	e.Close('}')
}

func (m UserMessage) encode(e *encoder) {
	openMessage(e, `"user"`)
	m.Content.member(e)
	e.Close('}')
}

func (m AssistantMessage) encode(e *encoder) {
	openMessage(e, `"assistant"`)
	m.Content.member(e)
	encodeList(e, m.verbatim, "tool_calls", m.ToolCalls)
	m.verbatim.flag(e, "prefix", m.Prefix)
	m.verbatim.optFloat(e, "weight", m.Weight)
	e.Close('}')
}

func (m ToolMessage) encode(e *encoder) {
	openMessage(e, `"tool"`)
	m.Content.member(e)
	m.verbatim.optString(e, "tool_call_id", m.ToolCallID)
	m.verbatim.optString(e, "name", m.Name)
	e.Close('}')
}

func (m RawMessage) encode(e *encoder) { e.Raw(m, "", "message") }

func openMessage(e *encoder, role string) {
	e.Open('{')
	e.Key("role")
	e.Literal(role)
}
