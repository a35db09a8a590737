package mistral

import "encoding/json"

// Class names a class of mistral_common; no other can be reached.
type Class struct {
	Module string // in full, such as mistral_common.protocol.instruct.chunk
	Name   string
}

// Object is a typed value that stands for an object of one of the reference's classes:
// a request, a message, a chunk, a tool or a tool call, but nothing raw.
type Object interface {
	json.Marshaler
	encode(*encoder)
	// Class is the class that it stands for.
	Class() Class
}

const (
	requestModule  = "mistral_common.protocol.instruct.request"
	messagesModule = "mistral_common.protocol.instruct.messages"
	chunkModule    = "mistral_common.protocol.instruct.chunk"
	toolsModule    = "mistral_common.protocol.instruct.tool_calls"
)

// Class is ChatCompletionRequest; the Weight of a message picks its parameter.
func (*ChatCompletionRequest) Class() Class { return Class{requestModule, "ChatCompletionRequest"} }

// Class is InstructRequest.
func (*InstructRequest) Class() Class { return Class{requestModule, "InstructRequest"} }

// Class is FIMRequest.
func (*FIMRequest) Class() Class { return Class{"mistral_common.protocol.fim.request", "FIMRequest"} }

// Class is TranscriptionRequest.
func (*TranscriptionRequest) Class() Class {
	return Class{"mistral_common.protocol.transcription.request", "TranscriptionRequest"}
}

// Class is SpeechRequest.
func (*SpeechRequest) Class() Class {
	return Class{"mistral_common.protocol.speech.request", "SpeechRequest"}
}

// Class is SystemMessage.
func (SystemMessage) Class() Class { return Class{messagesModule, "SystemMessage"} }

// Class is UserMessage.
func (UserMessage) Class() Class { return Class{messagesModule, "UserMessage"} }

// Class is AssistantMessage, or FinetuningAssistantMessage with a Weight.
func (m AssistantMessage) Class() Class {
	if m.Weight != nil {
		return Class{messagesModule, "FinetuningAssistantMessage"}
	}
	return Class{messagesModule, "AssistantMessage"}
}

// Class is ToolMessage.
func (ToolMessage) Class() Class { return Class{messagesModule, "ToolMessage"} }

// Class is TextChunk.
func (TextChunk) Class() Class { return Class{chunkModule, "TextChunk"} }

// Class is ThinkChunk.
func (ThinkChunk) Class() Class { return Class{chunkModule, "ThinkChunk"} }

// Class is ImageChunk.
func (ImageChunk) Class() Class { return Class{chunkModule, "ImageChunk"} }

// Class is ImageURLChunk.
func (ImageURLChunk) Class() Class { return Class{chunkModule, "ImageURLChunk"} }

// Class is AudioChunk.
func (AudioChunk) Class() Class { return Class{chunkModule, "AudioChunk"} }

// Class is AudioURLChunk.
func (AudioURLChunk) Class() Class { return Class{chunkModule, "AudioURLChunk"} }

// Class is Tool.
func (Tool) Class() Class { return Class{toolsModule, "Tool"} }

// Class is ToolCall.
func (ToolCall) Class() Class { return Class{toolsModule, "ToolCall"} }
