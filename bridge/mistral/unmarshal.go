package mistral

import (
	"bytes"
	"fmt"
	"strings"
)

// Each type unmarshals as its Parse function reads: exactly, or with ErrInexact. Nothing
// is dropped, neither a key that the type has no field for nor the form of a number; null
// is no value. json.Unmarshal refuses NaN and the infinities before that. What is
// unmarshalled shares no memory with the text.

// ParseMessage reads the JSON of one message as ParseChatCompletionRequest reads those of
// a request.
func ParseMessage(data []byte) (Message, error) { return parsePart(data, "message", parseMessage) }

// ParseChunk reads the JSON of one chunk as ParseChatCompletionRequest reads those of a
// message.
func ParseChunk(data []byte) (Chunk, error) { return parsePart(data, "chunk", parseChunk) }

func parsePart[T any](data []byte, what string, parse func(string, []byte) (T, error)) (T, error) {
	if err := readWhole(data); err != nil {
		var zero T
		return zero, err
	}
	return parse(what, bytes.Trim(data, " \t\r\n"))
}

// unmarshal sets dst to what parse makes of a copy of data.
func unmarshal[T any](dst *T, data []byte, parse func([]byte) (*T, error)) error {
	v, err := parse(bytes.Clone(data))
	if err == nil {
		*dst = *v
	}
	return err
}

func unmarshalPart[T any](dst *T, data []byte, what string, parse func(string, []byte) (T, error)) error {
	v, err := parsePart(bytes.Clone(data), what, parse)
	if err == nil {
		*dst = v
	}
	return err
}

// unmarshalAs is unmarshalPart for one of the types that parse may return.
func unmarshalAs[T, I any](dst *T, data []byte, what string, parse func(string, []byte) (I, error)) error {
	return unmarshalPart(dst, data, what, func(where string, text []byte) (v T, err error) {
		found, err := parse(where, text)
		if err != nil {
			return v, err
		}
		v, ok := any(found).(T)
		if !ok {
			return v, inexact(where, "it is a %s, no %s", nameOf(found), nameOf(v))
		}
		return v, nil
	})
}

// nameOf is a type's name without the package.
func nameOf(v any) string { return strings.TrimPrefix(fmt.Sprintf("%T", v), "mistral.") }

// UnmarshalJSON is ParseChatCompletionRequest.
func (r *ChatCompletionRequest) UnmarshalJSON(data []byte) error {
	return unmarshal(r, data, ParseChatCompletionRequest)
}

// UnmarshalJSON is ParseInstructRequest.
func (r *InstructRequest) UnmarshalJSON(data []byte) error {
	return unmarshal(r, data, ParseInstructRequest)
}

// UnmarshalJSON is ParseFIMRequest.
func (r *FIMRequest) UnmarshalJSON(data []byte) error { return unmarshal(r, data, ParseFIMRequest) }

// UnmarshalJSON is ParseTranscriptionRequest.
func (r *TranscriptionRequest) UnmarshalJSON(data []byte) error {
	return unmarshal(r, data, ParseTranscriptionRequest)
}

// UnmarshalJSON is ParseSpeechRequest.
func (r *SpeechRequest) UnmarshalJSON(data []byte) error {
	return unmarshal(r, data, ParseSpeechRequest)
}

// UnmarshalJSON is ParseMessage of a message that can only be a SystemMessage.
func (m *SystemMessage) UnmarshalJSON(data []byte) error {
	return unmarshalAs(m, data, "message", parseMessage)
}

// UnmarshalJSON is ParseMessage of a message that can only be a UserMessage.
func (m *UserMessage) UnmarshalJSON(data []byte) error {
	return unmarshalAs(m, data, "message", parseMessage)
}

// UnmarshalJSON is ParseMessage of a message that can only be a AssistantMessage.
func (m *AssistantMessage) UnmarshalJSON(data []byte) error {
	return unmarshalAs(m, data, "message", parseMessage)
}

// UnmarshalJSON is ParseMessage of a message that can only be a ToolMessage.
func (m *ToolMessage) UnmarshalJSON(data []byte) error {
	return unmarshalAs(m, data, "message", parseMessage)
}

// UnmarshalJSON is ParseChunk of a chunk that can only be a TextChunk.
func (c *TextChunk) UnmarshalJSON(data []byte) error {
	return unmarshalAs(c, data, "chunk", parseChunk)
}

// UnmarshalJSON is ParseChunk of a chunk that can only be a ThinkChunk.
func (c *ThinkChunk) UnmarshalJSON(data []byte) error {
	return unmarshalAs(c, data, "chunk", parseChunk)
}

// UnmarshalJSON is ParseChunk of a chunk that can only be a ImageChunk.
func (c *ImageChunk) UnmarshalJSON(data []byte) error {
	return unmarshalAs(c, data, "chunk", parseChunk)
}

// UnmarshalJSON is ParseChunk of a chunk that can only be a ImageURLChunk.
func (c *ImageURLChunk) UnmarshalJSON(data []byte) error {
	return unmarshalAs(c, data, "chunk", parseChunk)
}

// UnmarshalJSON is ParseChunk of a chunk that can only be a AudioChunk.
func (c *AudioChunk) UnmarshalJSON(data []byte) error {
	return unmarshalAs(c, data, "chunk", parseChunk)
}

// UnmarshalJSON is ParseChunk of a chunk that can only be a AudioURLChunk.
func (c *AudioURLChunk) UnmarshalJSON(data []byte) error {
	return unmarshalAs(c, data, "chunk", parseChunk)
}
