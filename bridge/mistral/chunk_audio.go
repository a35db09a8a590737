package mistral

// AudioChunk equals mistral_common's AudioChunk, type "input_audio": an audio file in
// base64, or as a data: URL.
type AudioChunk struct{ InputAudio string }

// AudioURLChunk equals mistral_common's AudioURLChunk, type "audio_url": a data: URL,
// base64, or with WithFetcher an http URL.
type AudioURLChunk struct{ URL string }

func (c AudioChunk) encode(e *encoder) { e.chunk(`"input_audio"`, "input_audio", c.InputAudio) }

func (c AudioURLChunk) encode(e *encoder) { e.chunk(`"audio_url"`, "audio_url", c.URL) }
