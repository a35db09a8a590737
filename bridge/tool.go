package bridge

import "encoding/json"

// Tool equals mistral_common's Tool, type "function".
type Tool struct{ Function Function }

// Function equals mistral_common's Function. Parameters is a JSON schema as the
// user wrote it: the reference tokenizes it with its key order and its numbers
// as they are, so it is never decoded here. Nil: absent.
type Function struct {
	Name        string
	Description *string
	Parameters  json.RawMessage
	Strict      *bool
}

// ToolCall equals mistral_common's ToolCall. A nil ID is absent.
type ToolCall struct {
	ID       *string
	Function FunctionCall
}

// FunctionCall equals mistral_common's FunctionCall. Arguments is the JSON of an
// object, or of a string that holds one ([ArgumentsString]); nil is absent.
type FunctionCall struct {
	Name      string
	Arguments json.RawMessage
}

// ArgumentsString is the arguments given as a string that holds JSON, as models
// and OpenAI's clients write them.
func ArgumentsString(s string) json.RawMessage { return appendString(nil, s) }

func (t Tool) encode(e *encoder) {
	e.open('{')
	e.key("type")
	e.literal(`"function"`)
	e.key("function")
	t.Function.encode(e)
	e.close('}')
}

func (f Function) encode(e *encoder) {
	e.open('{')
	e.key("name")
	e.str(f.Name, "name")
	e.optString("description", f.Description)
	if f.Parameters != nil {
		e.key("parameters")
		e.raw(f.Parameters, "parameters", "tool parameters")
	}
	e.optBool("strict", f.Strict)
	e.close('}')
}

func (c ToolCall) encode(e *encoder) {
	e.open('{')
	e.optString("id", c.ID)
	e.key("type")
	e.literal(`"function"`)
	e.key("function")
	c.Function.encode(e)
	e.close('}')
}

func (c FunctionCall) encode(e *encoder) {
	e.open('{')
	e.key("name")
	e.str(c.Name, "name")
	if c.Arguments != nil {
		e.key("arguments")
		e.raw(c.Arguments, "arguments", "tool call arguments")
	}
	e.close('}')
}
