package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// TranscriptionRequest equals mistral_common's TranscriptionRequest. A nil field is
// absent, so that the reference's own default holds.
type TranscriptionRequest struct {
	ID                     *string
	Model                  *string
	Audio                  AudioData
	Language               *string // ISO 639-1, two letters
	StrictAudioValidation  *bool
	Streaming              *StreamingMode
	TargetStreamingDelayMS *int64 // in milliseconds
	Temperature            *float64
	TopP                   *float64
	MaxTokens              *int64
	RandomSeed             *int64
	verbatim               verbatim
}

// StreamingMode equals mistral_common's StreamingMode.
type StreamingMode string

// The values of StreamingMode; StreamingDisabled is the reference's default.
const (
	StreamingDisabled StreamingMode = "disabled"
	StreamingOnline   StreamingMode = "online"
	StreamingOffline  StreamingMode = "offline"
)

// AppendJSON appends the request in the reference's JSON, as
// ChatCompletionRequest.AppendJSON does.
func (r *TranscriptionRequest) AppendJSON(dst []byte) ([]byte, error) { return appendTo(dst, r) }

// transcriptionKeys are the members in the order in which they are written.
var transcriptionKeys = []string{
	"temperature", "top_p", "max_tokens", "random_seed", "id", "model", "audio", "language",
	"strict_audio_validation", "streaming", "target_streaming_delay_ms",
}

func (r *TranscriptionRequest) encode(e *encoder) {
	v := r.verbatim
	e.open('{')
	v.sampling(e, r.Temperature, r.TopP, r.MaxTokens, r.RandomSeed)
	v.optString(e, "id", r.ID)
	v.optString(e, "model", r.Model)
	r.Audio.member(e, "audio")
	v.optString(e, "language", r.Language)
	v.optBool(e, "strict_audio_validation", r.StrictAudioValidation)
	v.optString(e, "streaming", (*string)(r.Streaming))
	v.optInt(e, "target_streaming_delay_ms", r.TargetStreamingDelayMS)
	e.close('}')
}

func (r *TranscriptionRequest) size() int { return 256 + r.Audio.size() }

// EncodeTranscription encodes a request for the transcription of an audio; the result
// has the audio as the model gets it. Equals MistralTokenizer.encode_transcription.
// Errors as of EncodeChat; up to v3, and without an audio encoder, all is refused.
func (t *Tokenizer) EncodeTranscription(ctx context.Context, req *TranscriptionRequest, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestCall(encodeTranscription, req, opts))
}

// EncodeTranscriptionAsync is EncodeTranscription as a future; ctx governs the call
// itself.
func (t *Tokenizer) EncodeTranscriptionAsync(ctx context.Context, req *TranscriptionRequest, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.requestCall(encodeTranscription, req, opts))
}

// EncodeTranscriptionJSON encodes the JSON of a TranscriptionRequest, in which
// {"__bytes__": base64} stands for Python's bytes.
func (t *Tokenizer) EncodeTranscriptionJSON(ctx context.Context, request []byte, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestJSONCall(encodeTranscription, request, opts))
}

// EncodeTranscriptionJSONAsync is EncodeTranscriptionJSON as a future.
func (t *Tokenizer) EncodeTranscriptionJSONAsync(ctx context.Context, request []byte, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.requestJSONCall(encodeTranscription, request, opts))
}

var encodeTranscription = family{wire.OpEncodeTranscription, "encode_transcription"}
