package mistral

import "github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"

// UnmarshalJSON reads a string, a list of chunks, or null, which is Null.
func (c *Content) UnmarshalJSON(data []byte) error {
	return unmarshalPart(c, data, "content", func(where string, text []byte) (Content, error) {
		o := &object{where: where}
		found := o.contentOf(text)
		return found, o.err
	})
}

// UnmarshalJSON reads a string as AudioBase64, {"__bytes__": base64} as AudioBytes, and
// anything else as RawAudio.
func (a *AudioData) UnmarshalJSON(data []byte) error {
	return unmarshalPart(a, data, "audio", func(where string, text []byte) (AudioData, error) {
		o := &object{where: where}
		found := o.audioOf("audio", text)
		return found, o.err
	})
}

// UnmarshalJSON reads a tool as it stands in a request.
func (t *Tool) UnmarshalJSON(data []byte) error {
	return unmarshalPart(t, data, "tool", parseTool)
}

// UnmarshalJSON reads a function as it stands in a request.
func (f *Function) UnmarshalJSON(data []byte) error {
	return unmarshalPart(f, data, "function", parseFunction)
}

// UnmarshalJSON reads a tool call as it stands in a request.
func (c *ToolCall) UnmarshalJSON(data []byte) error {
	return unmarshalPart(c, data, "tool call", parseToolCall)
}

// UnmarshalJSON reads a function as it stands in a request.
func (c *FunctionCall) UnmarshalJSON(data []byte) error {
	return unmarshalPart(c, data, "function", parseFunctionCall)
}

// UnmarshalJSON reads settings as they stand in a request.
func (s *ModelSettings) UnmarshalJSON(data []byte) error {
	return unmarshalPart(s, data, "settings", parseModelSettings)
}

// UnmarshalJSON reads a response format, an object with its type.
func (f *ResponseFormats) UnmarshalJSON(data []byte) error {
	return unmarshalAs(f, data, "response_format", anyFormat)
}

// UnmarshalJSON reads a response format, an object with its type.
func (f *JSONSchemaFormat) UnmarshalJSON(data []byte) error {
	return unmarshalAs(f, data, "response_format", anyFormat)
}

// UnmarshalJSON reads the choice of a function.
func (c *NamedToolChoice) UnmarshalJSON(data []byte) error {
	return unmarshalAs(c, data, "tool_choice", anyChoice)
}

func anyFormat(_ string, text []byte) (ResponseFormat, error) { return parseResponseFormat(text), nil }

func anyChoice(_ string, text []byte) (ToolChoice, error) { return parseToolChoice(text), nil }

// UnmarshalJSON takes any one value.
func (m *RawMessage) UnmarshalJSON(data []byte) error { return unmarshalRaw((*[]byte)(m), data) }

// UnmarshalJSON takes any one value.
func (c *RawChunk) UnmarshalJSON(data []byte) error { return unmarshalRaw((*[]byte)(c), data) }

// UnmarshalJSON takes any one value.
func (c *RawToolChoice) UnmarshalJSON(data []byte) error { return unmarshalRaw((*[]byte)(c), data) }

// UnmarshalJSON takes any one value.
func (f *RawResponseFormat) UnmarshalJSON(data []byte) error { return unmarshalRaw((*[]byte)(f), data) }

func unmarshalRaw(dst *[]byte, data []byte) error {
	if err := jsonenc.CheckJSON(data, "raw JSON"); err != nil {
		return refused(err)
	}
	*dst = append([]byte(nil), data...)
	return nil
}
