package mistral

import (
	"github.com/mistralbridge/mistralbridge/bridge/internal/describe"
)

// What a request holds must not get into a log by way of %v or of slog: String and
// LogValue of all its types say what is there and how large it is, and quote nothing,
// neither texts nor names. %#v shows the values.

func (r ChatCompletionRequest) String() string {
	return describe.Type("ChatCompletionRequest", describe.Number(len(r.Messages), "message"), describe.Several(r.Tools, "tool"))
}

func (r InstructRequest) String() string {
	return describe.Type("InstructRequest", describe.Number(len(r.Messages), "message"), describe.SizedIf("system prompt", r.SystemPrompt), describe.Several(r.AvailableTools, "tool"))
}

func (r FIMRequest) String() string {
	return describe.Type("FIMRequest", describe.Sized("prompt", r.Prompt), describe.SizedIf("suffix", r.Suffix))
}

func (r TranscriptionRequest) String() string {
	return describe.Type("TranscriptionRequest", r.Audio.String())
}

func (r SpeechRequest) String() string {
	return describe.Type("SpeechRequest", describe.Sized("input", r.Input), describe.SizedIf("voice", r.Voice), describe.Flagged(!r.RefAudio.IsZero(), r.RefAudio.String()))
}

func (m SystemMessage) String() string { return describe.Type("SystemMessage", m.Content.String()) }

func (m UserMessage) String() string { return describe.Type("UserMessage", m.Content.String()) }

func (m AssistantMessage) String() string {
	return describe.Type("AssistantMessage", m.Content.String(), describe.Several(m.ToolCalls, "tool call"), describe.Flagged(m.Prefix, "prefix"), describe.Flagged(m.Weight != nil, "weight"))
}

func (m ToolMessage) String() string { return describe.Type("ToolMessage", m.Content.String()) }

func (m RawMessage) String() string {
	return describe.Type("RawMessage", describe.Number(len(m), "byte"))
}

func (c TextChunk) String() string {
	return describe.Type("TextChunk", describe.Number(len(c.Text), "byte"))
}

func (c ThinkChunk) String() string {
	return describe.Type("ThinkChunk", describe.Number(len(c.Thinking), "byte"))
}

func (c ImageChunk) String() string {
	return describe.Type("ImageChunk", describe.Number(len(c.Image), "byte"))
}

func (c ImageURLChunk) String() string {
	return describe.Type("ImageURLChunk", describe.Sized("URL", c.URL))
}

func (c AudioChunk) String() string {
	return describe.Type("AudioChunk", describe.Number(len(c.InputAudio), "byte"))
}

func (c AudioURLChunk) String() string {
	return describe.Type("AudioURLChunk", describe.Sized("URL", c.URL))
}

func (c RawChunk) String() string { return describe.Type("RawChunk", describe.Number(len(c), "byte")) }

func (t Tool) String() string { return describe.Type("Tool", t.Function.String()) }

func (f Function) String() string {
	return describe.Type("Function", describe.SizedIf("description", f.Description), describe.SizedRaw("parameters", f.Parameters))
}

func (c ToolCall) String() string { return describe.Type("ToolCall", c.Function.String()) }

func (c FunctionCall) String() string {
	return describe.Type("FunctionCall", describe.SizedRaw("arguments", c.Arguments))
}

func (c NamedToolChoice) String() string {
	return describe.Type("NamedToolChoice", describe.Sized("name", c.Name))
}

func (c RawToolChoice) String() string {
	return describe.Type("RawToolChoice", describe.Number(len(c), "byte"))
}

func (f JSONSchemaFormat) String() string {
	return describe.Type("JSONSchemaFormat", describe.SizedRaw("schema", f.Schema))
}

func (f RawResponseFormat) String() string {
	return describe.Type("RawResponseFormat", describe.Number(len(f), "byte"))
}

func (s ModelSettings) String() string {
	return describe.Type("ModelSettings", describe.SizedRaw("JSON schema", s.JSONSchema))
}

func (c Content) String() string {
	switch c.kind {
	case contentText:
		return describe.Sized("text", c.text)
	case contentChunks:
		return describe.Number(len(c.chunks), "chunk")
	case contentNull:
		return "null"
	}
	return "no content"
}

func (a AudioData) String() string {
	switch a.kind {
	case audioText:
		return describe.Sized("audio in base64", a.text)
	case audioBytes:
		return describe.Sized("audio", a.data)
	case audioRaw:
		return describe.Sized("audio in JSON", a.data)
	}
	return "no audio"
}
