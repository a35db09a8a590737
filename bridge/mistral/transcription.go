package mistral

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
func (r *TranscriptionRequest) AppendJSON(dst []byte) ([]byte, error) { return appendRequest(dst, r) }

// transcriptionKeys are the members in the order in which they are written.
var transcriptionKeys = []string{
	"temperature", "top_p", "max_tokens", "random_seed", "id", "model", "audio", "language",
	"strict_audio_validation", "streaming", "target_streaming_delay_ms",
}

func (r *TranscriptionRequest) encode(e *encoder) {
	v := r.verbatim
	e.Open('{')
	v.sampling(e, r.Temperature, r.TopP, r.MaxTokens, r.RandomSeed)
	v.optString(e, "id", r.ID)
	v.optString(e, "model", r.Model)
	r.Audio.member(e, "audio")
	v.optString(e, "language", r.Language)
	v.optBool(e, "strict_audio_validation", r.StrictAudioValidation)
	v.optString(e, "streaming", (*string)(r.Streaming))
	v.optInt(e, "target_streaming_delay_ms", r.TargetStreamingDelayMS)
	e.Close('}')
}

func (r *TranscriptionRequest) size() int { return 256 + r.Audio.size() }
