package bridge

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
		s, err := readObject(".settings", text)
		if err != nil {
			return nil, err
		}
		s.keeps = true
		r.Settings = &ModelSettings{
			ReasoningEffort: (*ReasoningEffort)(s.optString("reasoning_effort")), JSONSchema: s.raw("json_schema"),
		}
		r.Settings.verbatim = s.verbatim
		if err := s.end(); err != nil {
			return nil, err
		}
	}
	r.verbatim = o.verbatim
	return r, o.end()
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

// audio reads text as what it is, and leaves the other forms to the reference.
func (o *object) audio(key string) AudioData {
	text := o.raw(key)
	switch {
	case text == nil:
		return AudioData{}
	case text[0] == '"':
		return AudioBase64(o.stringOf(key, text))
	}
	return RawAudio(text)
}
