package mistral

import (
	"encoding/base64"

	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// ParseInstructRequest reads the JSON of an InstructRequest, or fails, as
// ParseChatCompletionRequest does with its own.
func ParseInstructRequest(data []byte) (*InstructRequest, error) {
	o, err := readRequest(data)
	if err != nil {
		return nil, err
	}
	r := &InstructRequest{
		Messages:            list(o, "messages", true, parseMessage),
		SystemPrompt:        o.optString("system_prompt"),
		AvailableTools:      list(o, "available_tools", false, parseTool),
		TruncateAtMaxTokens: o.optInt("truncate_at_max_tokens"),
	}
	if text := o.raw("settings"); text != nil {
		s, err := parseModelSettings(".settings", text)
		if err != nil {
			return nil, err
		}
		r.Settings = &s
	}
	r.verbatim = o.verbatim
	return r, o.end()
}

func parseModelSettings(where string, text []byte) (ModelSettings, error) {
	o, err := readObject(where, text)
	if err != nil {
		return ModelSettings{}, err
	}
	o.keeps = true
	s := ModelSettings{
		ReasoningEffort: (*ReasoningEffort)(o.optString("reasoning_effort")), JSONSchema: o.raw("json_schema"),
	}
	s.verbatim = o.verbatim
	return s, o.end()
}

// ParseFIMRequest reads the JSON of a FIMRequest, or fails, as
// ParseChatCompletionRequest does with its own.
func ParseFIMRequest(data []byte) (*FIMRequest, error) {
	o, err := readRequest(data)
	if err != nil {
		return nil, err
	}
	r := &FIMRequest{
		Prompt: o.string("prompt"), Suffix: o.optString("suffix"),
		Temperature: o.optFloat("temperature"), TopP: o.optFloat("top_p"),
		MaxTokens: o.optInt("max_tokens"), RandomSeed: o.optInt("random_seed"),
	}
	r.verbatim = o.verbatim
	return r, o.end()
}

// ParseTranscriptionRequest reads the JSON of a TranscriptionRequest, or fails, as
// ParseChatCompletionRequest does with its own.
func ParseTranscriptionRequest(data []byte) (*TranscriptionRequest, error) {
	o, err := readRequest(data)
	if err != nil {
		return nil, err
	}
	r := &TranscriptionRequest{
		ID: o.optString("id"), Model: o.optString("model"), Audio: o.audio("audio"), Language: o.optString("language"),
		StrictAudioValidation: o.optBool("strict_audio_validation"), Streaming: (*StreamingMode)(o.optString("streaming")),
		TargetStreamingDelayMS: o.optInt("target_streaming_delay_ms"),
		Temperature:            o.optFloat("temperature"), TopP: o.optFloat("top_p"),
		MaxTokens: o.optInt("max_tokens"), RandomSeed: o.optInt("random_seed"),
	}
	r.verbatim = o.verbatim
	if r.Audio.kind != audioText {
		o.order(transcriptionKeys...) // the reference's complaint may show the whole request
	}
	return r, o.end()
}

// ParseSpeechRequest reads the JSON of a SpeechRequest, or fails, as
// ParseChatCompletionRequest does with its own.
func ParseSpeechRequest(data []byte) (*SpeechRequest, error) {
	o, err := readRequest(data)
	if err != nil {
		return nil, err
	}
	r := &SpeechRequest{
		ID: o.optString("id"), Model: o.optString("model"), Input: o.string("input"),
		Voice: o.optString("voice"), RefAudio: o.audio("ref_audio"),
		Temperature: o.optFloat("temperature"), TopP: o.optFloat("top_p"),
		MaxTokens: o.optInt("max_tokens"), RandomSeed: o.optInt("random_seed"),
	}
	r.verbatim = o.verbatim
	if r.Voice == nil && r.RefAudio.kind != audioText {
		o.order(speechKeys...) // the reference's complaint shows the whole request
	}
	return r, o.end()
}

// audio reads text and bytes as what they are, and leaves the other forms to the
// reference.
func (o *object) audio(key string) AudioData {
	text := o.raw(key)
	if text == nil {
		return AudioData{}
	}
	return o.audioOf(key, text)
}

func (o *object) audioOf(key string, text []byte) AudioData {
	if text[0] == '"' {
		return AudioBase64(o.stringOf(key, text))
	}
	members, err := pyjson.Object(text)
	if err != nil || len(members) != 1 || members[0].Key != "__bytes__" {
		return RawAudio(text)
	}
	marked, ok := pyjson.String(members[0].Value)
	data, err := base64.StdEncoding.DecodeString(marked)
	if !ok || err != nil || base64.StdEncoding.EncodeToString(data) != marked {
		return RawAudio(text)
	}
	return AudioBytes(data)
}
