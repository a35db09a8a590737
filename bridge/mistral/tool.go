package mistral

import (
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
)

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
func ArgumentsString(s string) json.RawMessage { return jsonenc.AppendString(nil, s) }

func (t Tool) encode(e *encoder) {
	e.Open('{')
	e.Key("type")
	e.Literal(`"function"`)
	e.Key("function")
	t.Function.encode(e)
	e.Close('}')
}

func (f Function) encode(e *encoder) {
	e.Open('{')
	e.Key("name")
	e.Str(f.Name, "name")
	e.OptString("description", f.Description)
	if f.Parameters != nil {
		e.Key("parameters")
		e.Raw(f.Parameters, "parameters", "tool parameters")
	}
	e.OptBool("strict", f.Strict)
	e.Close('}')
}

func (c ToolCall) encode(e *encoder) {
	e.Open('{')
	e.OptString("id", c.ID)
	e.Key("type")
	e.Literal(`"function"`)
	e.Key("function")
	c.Function.encode(e)
	e.Close('}')
}

func (c FunctionCall) encode(e *encoder) {
	e.Open('{')
	e.Key("name")
	e.Str(c.Name, "name")
	if c.Arguments != nil {
		e.Key("arguments")
		e.Raw(c.Arguments, "arguments", "tool call arguments")
	}
	e.Close('}')
}
