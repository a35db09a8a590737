package mistral

// FIMRequest equals mistral_common's FIMRequest: fill in the middle between Prompt and
// Suffix. A nil Suffix is absent.
// The sampling fields change no token.
type FIMRequest struct {
	Prompt      string
	Suffix      *string
	Temperature *float64
	TopP        *float64
	MaxTokens   *int64
	RandomSeed  *int64
	verbatim    verbatim
}

// AppendJSON appends the request in the reference's JSON, as
// ChatCompletionRequest.AppendJSON does.
func (r *FIMRequest) AppendJSON(dst []byte) ([]byte, error) { return appendRequest(dst, r) }

func (r *FIMRequest) encode(e *encoder) {
	e.Open('{')
	r.verbatim.sampling(e, r.Temperature, r.TopP, r.MaxTokens, r.RandomSeed)
	e.Key("prompt")
	e.Str(r.Prompt, "prompt")
	r.verbatim.optString(e, "suffix", r.Suffix)
	e.Close('}')
}

func (r *FIMRequest) size() int {
	n := 128 + len(r.Prompt)
	if r.Suffix != nil {
		n += len(*r.Suffix)
	}
	return n
}
