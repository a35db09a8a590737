package mistral

// Each type marshals as the JSON of the reference's class, by value and by pointer, and
// as it stands in a request: a message with its role, a chunk and a tool with its type.
// json.Marshal then removes white space, writes <, > and & as escapes, and fails on NaN
// and the infinities, all of which AppendJSON leaves as they are.

// MarshalJSON is AppendJSON.
func (r ChatCompletionRequest) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// MarshalJSON is AppendJSON.
func (r InstructRequest) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// MarshalJSON is AppendJSON.
func (r FIMRequest) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// MarshalJSON is AppendJSON.
func (r TranscriptionRequest) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// MarshalJSON is AppendJSON.
func (r SpeechRequest) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// MarshalJSON writes the message.
func (m SystemMessage) MarshalJSON() ([]byte, error) { return appendTo(nil, m) }

// MarshalJSON writes the message.
func (m UserMessage) MarshalJSON() ([]byte, error) { return appendTo(nil, m) }

// MarshalJSON writes the message.
func (m AssistantMessage) MarshalJSON() ([]byte, error) { return appendTo(nil, m) }

// MarshalJSON writes the message.
func (m ToolMessage) MarshalJSON() ([]byte, error) { return appendTo(nil, m) }

// MarshalJSON writes the message.
func (m RawMessage) MarshalJSON() ([]byte, error) { return appendTo(nil, m) }

// MarshalJSON writes a string, a list or null, which absent content is too; with the
// option omitzero of a field it is left out.
func (c Content) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the chunk.
func (c TextChunk) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the chunk.
func (c ThinkChunk) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the chunk.
func (c ImageChunk) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the chunk.
func (c ImageURLChunk) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the chunk.
func (c AudioChunk) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the chunk.
func (c AudioURLChunk) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the chunk.
func (c RawChunk) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the tool.
func (t Tool) MarshalJSON() ([]byte, error) { return appendTo(nil, t) }

// MarshalJSON writes the function.
func (f Function) MarshalJSON() ([]byte, error) { return appendTo(nil, f) }

// MarshalJSON writes the call.
func (c ToolCall) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the function.
func (c FunctionCall) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the choice.
func (c NamedToolChoice) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the choice.
func (c RawToolChoice) MarshalJSON() ([]byte, error) { return appendTo(nil, c) }

// MarshalJSON writes the format, an object with its type.
func (f ResponseFormats) MarshalJSON() ([]byte, error) { return appendTo(nil, f) }

// MarshalJSON writes the format, an object with its type.
func (f JSONSchemaFormat) MarshalJSON() ([]byte, error) { return appendTo(nil, f) }

// MarshalJSON writes the format, an object with its type.
func (f RawResponseFormat) MarshalJSON() ([]byte, error) { return appendTo(nil, f) }

// MarshalJSON writes text, {"__bytes__": base64} for bytes, and null for what is absent.
func (a AudioData) MarshalJSON() ([]byte, error) { return appendTo(nil, a) }

// MarshalJSON writes the settings.
func (s ModelSettings) MarshalJSON() ([]byte, error) { return appendTo(nil, &s) }
