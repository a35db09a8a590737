package mistral

import (
	"slices"
	"strconv"
	"strings"
)

// What a request holds must not get into a log by way of %v or of slog: String and
// LogValue of all its types say what is there and how large it is, and quote nothing,
// neither texts nor names. %#v shows the values.

// described is a type's name with what is in it.
func described(name string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	return name + "(" + strings.Join(parts, ", ") + ")"
}

// number is as in "1 byte" and "2 bytes".
func number(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// sized is what is a text or absent.
func sized[T ~string | ~[]byte](what string, text T) string {
	return what + " of " + number(len(text), "byte")
}

func sizedIf[T ~string](what string, text *T) string {
	if text == nil {
		return ""
	}
	return sized(what, *text)
}

func sizedRaw(what string, text []byte) string {
	if text == nil {
		return ""
	}
	return sized(what, text)
}

func several[T any](list []T, noun string) string {
	if list == nil {
		return ""
	}
	return number(len(list), noun)
}

func flagged(set bool, word string) string {
	if set {
		return word
	}
	return ""
}

func (r ChatCompletionRequest) String() string {
	return described("ChatCompletionRequest", number(len(r.Messages), "message"), several(r.Tools, "tool"))
}

func (r InstructRequest) String() string {
	return described("InstructRequest", number(len(r.Messages), "message"), sizedIf("system prompt", r.SystemPrompt), several(r.AvailableTools, "tool"))
}

func (r FIMRequest) String() string {
	return described("FIMRequest", sized("prompt", r.Prompt), sizedIf("suffix", r.Suffix))
}

func (r TranscriptionRequest) String() string {
	return described("TranscriptionRequest", r.Audio.String())
}

func (r SpeechRequest) String() string {
	return described("SpeechRequest", sized("input", r.Input), sizedIf("voice", r.Voice), flagged(!r.RefAudio.IsZero(), r.RefAudio.String()))
}

func (m SystemMessage) String() string { return described("SystemMessage", m.Content.String()) }

func (m UserMessage) String() string { return described("UserMessage", m.Content.String()) }

func (m AssistantMessage) String() string {
	return described("AssistantMessage", m.Content.String(), several(m.ToolCalls, "tool call"), flagged(m.Prefix, "prefix"), flagged(m.Weight != nil, "weight"))
}

func (m ToolMessage) String() string { return described("ToolMessage", m.Content.String()) }

func (m RawMessage) String() string { return described("RawMessage", number(len(m), "byte")) }

func (c TextChunk) String() string { return described("TextChunk", number(len(c.Text), "byte")) }

func (c ThinkChunk) String() string { return described("ThinkChunk", number(len(c.Thinking), "byte")) }

func (c ImageChunk) String() string { return described("ImageChunk", number(len(c.Image), "byte")) }

func (c ImageURLChunk) String() string { return described("ImageURLChunk", sized("URL", c.URL)) }

func (c AudioChunk) String() string {
	return described("AudioChunk", number(len(c.InputAudio), "byte"))
}

func (c AudioURLChunk) String() string { return described("AudioURLChunk", sized("URL", c.URL)) }

func (c RawChunk) String() string { return described("RawChunk", number(len(c), "byte")) }

func (t Tool) String() string { return described("Tool", t.Function.String()) }

func (f Function) String() string {
	return described("Function", sizedIf("description", f.Description), sizedRaw("parameters", f.Parameters))
}

func (c ToolCall) String() string { return described("ToolCall", c.Function.String()) }

func (c FunctionCall) String() string {
	return described("FunctionCall", sizedRaw("arguments", c.Arguments))
}

func (c NamedToolChoice) String() string { return described("NamedToolChoice", sized("name", c.Name)) }

func (c RawToolChoice) String() string { return described("RawToolChoice", number(len(c), "byte")) }

func (f JSONSchemaFormat) String() string {
	return described("JSONSchemaFormat", sizedRaw("schema", f.Schema))
}

func (f RawResponseFormat) String() string {
	return described("RawResponseFormat", number(len(f), "byte"))
}

func (s ModelSettings) String() string {
	return described("ModelSettings", sizedRaw("JSON schema", s.JSONSchema))
}

func (c Content) String() string {
	switch c.kind {
	case contentText:
		return sized("text", c.text)
	case contentChunks:
		return number(len(c.chunks), "chunk")
	case contentNull:
		return "null"
	}
	return "no content"
}

func (a AudioData) String() string {
	switch a.kind {
	case audioText:
		return sized("audio in base64", a.text)
	case audioBytes:
		return sized("audio", a.data)
	case audioRaw:
		return sized("audio in JSON", a.data)
	}
	return "no audio"
}
