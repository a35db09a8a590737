package jsonl

import (
	"bytes"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// retype takes a text through a Go type and back with Options.Typed. What the type
// cannot say exactly, and without that option everything, stays as it is written.
func retype[R appender](s *Server, parse func([]byte) (R, error), text []byte) []byte {
	if s.opts.Typed {
		if v, err := parse(text); err == nil {
			if again, err := v.AppendJSON(nil); err == nil {
				s.typed++
				return again
			}
		}
	}
	s.raw++
	return text
}

func (s *Server) retypeChat(text []byte) []byte {
	return retype(s, mistral.ParseChatCompletionRequest, text)
}

// retypeIn is retypeChat for what is a part of a request, which stands between before
// and after in the smallest request that has it. Such a request is written with before
// and after as they are.
func (s *Server) retypeIn(before, after string, text []byte) []byte {
	whole := append(append([]byte(before), text...), after...)
	again := retype(s, mistral.ParseChatCompletionRequest, whole)
	if part, ok := bytes.CutPrefix(again, []byte(before)); ok {
		if part, ok = bytes.CutSuffix(part, []byte(after)); ok {
			return part
		}
	}
	return text
}

func (s *Server) retypeMessages(text []byte) []byte { return s.retypeIn(`{"messages":`, `}`, text) }

// retypeObject takes an object of one of the reference's classes through its Go type,
// if it has one.
func (s *Server) retypeObject(class string, text []byte) []byte {
	switch class {
	case "ChatCompletionRequest":
		return s.retypeChat(text)
	case "InstructRequest":
		return retype(s, mistral.ParseInstructRequest, text)
	case "FIMRequest":
		return retype(s, mistral.ParseFIMRequest, text)
	case "TranscriptionRequest":
		return retype(s, mistral.ParseTranscriptionRequest, text)
	case "SpeechRequest":
		return retype(s, mistral.ParseSpeechRequest, text)
	case "SystemMessage", "UserMessage", "AssistantMessage", "FinetuningAssistantMessage", "ToolMessage":
		return s.retypeIn(`{"messages":[`, `]}`, text)
	case "TextChunk", "ThinkChunk", "ImageChunk", "ImageURLChunk", "AudioChunk", "AudioURLChunk":
		return s.retypeIn(`{"messages":[{"role":"user","content":[`, `]}]}`, text)
	case "Tool":
		return s.retypeIn(`{"messages":[],"tools":[`, `]}`, text)
	case "ToolCall":
		return s.retypeIn(`{"messages":[{"role":"assistant","tool_calls":[`, `]}]}`, text)
	}
	return text
}
