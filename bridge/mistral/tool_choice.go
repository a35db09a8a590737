package mistral

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

func (c ToolChoiceEnum) encode(e *encoder) { e.Str(string(c), "") }

func (c NamedToolChoice) encode(e *encoder) {
	e.Open('{')
	e.Key("type")
	e.Literal(`"function"`)
	e.Key("function")
	e.Open('{')
	e.Key("name")
	e.Str(c.Name, "name")
	e.Close('}')
	e.Close('}')
}

func (c RawToolChoice) encode(e *encoder) { e.Raw(c, "", "tool_choice") }
