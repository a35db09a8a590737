package bridge

// ToolChoice says whether the model is to call a tool: one of the ToolChoiceEnum
// values, NamedToolChoice or RawToolChoice.
type ToolChoice interface {
	encode(*encoder)
	toolChoice()
}

// ToolChoiceEnum equals mistral_common's ToolChoiceEnum.
type ToolChoiceEnum string

// The values of ToolChoiceEnum; Any is an older word for Required.
const (
	ToolChoiceAuto     ToolChoiceEnum = "auto"
	ToolChoiceNone     ToolChoiceEnum = "none"
	ToolChoiceAny      ToolChoiceEnum = "any"
	ToolChoiceRequired ToolChoiceEnum = "required"
)

// NamedToolChoice equals mistral_common's NamedToolChoice: the function of that name.
type NamedToolChoice struct{ Name string }

// RawToolChoice is any tool choice in the reference's own JSON.
type RawToolChoice []byte

func (ToolChoiceEnum) toolChoice()  {}
func (NamedToolChoice) toolChoice() {}
func (RawToolChoice) toolChoice()   {}

func (c ToolChoiceEnum) encode(e *encoder) { e.str(string(c), "") }

func (c NamedToolChoice) encode(e *encoder) {
	e.open('{')
	e.key("type")
	e.literal(`"function"`)
	e.key("function")
	e.open('{')
	e.key("name")
	e.str(c.Name, "name")
	e.close('}')
	e.close('}')
}

func (c RawToolChoice) encode(e *encoder) { e.raw(c, "", "tool_choice") }
