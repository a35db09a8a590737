package mistral

// SpeechRequest equals mistral_common's SpeechRequest: Input spoken by a preset Voice,
// or like RefAudio, one of which has to be there. A nil field is absent.
type SpeechRequest struct {
	ID          *string
	Model       *string
	Input       string
	Voice       *string
	RefAudio    AudioData
	Temperature *float64
	TopP        *float64
	MaxTokens   *int64
	RandomSeed  *int64
	verbatim    verbatim
}

// AppendJSON appends the request in the reference's JSON, as
// ChatCompletionRequest.AppendJSON does.
func (r *SpeechRequest) AppendJSON(dst []byte) ([]byte, error) { return appendRequest(dst, r) }

// speechKeys are the members in the order in which they are written.
var speechKeys = []string{
	"temperature", "top_p", "max_tokens", "random_seed", "id", "model", "input", "voice", "ref_audio",
}

func (r *SpeechRequest) encode(e *encoder) {
	v := r.verbatim
	e.Open('{')
	v.sampling(e, r.Temperature, r.TopP, r.MaxTokens, r.RandomSeed)
	v.optString(e, "id", r.ID)
	v.optString(e, "model", r.Model)
	e.Key("input")
	e.Str(r.Input, "input")
	v.optString(e, "voice", r.Voice)
	r.RefAudio.member(e, "ref_audio")
	e.Close('}')
}

func (r *SpeechRequest) size() int { return 256 + len(r.Input) + r.RefAudio.size() }
