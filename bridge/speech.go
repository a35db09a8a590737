package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

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
func (r *SpeechRequest) AppendJSON(dst []byte) ([]byte, error) { return appendTo(dst, r) }

// speechKeys are the members in the order in which they are written.
var speechKeys = []string{
	"temperature", "top_p", "max_tokens", "random_seed", "id", "model", "input", "voice", "ref_audio",
}

func (r *SpeechRequest) encode(e *encoder) {
	v := r.verbatim
	e.open('{')
	v.sampling(e, r.Temperature, r.TopP, r.MaxTokens, r.RandomSeed)
	v.optString(e, "id", r.ID)
	v.optString(e, "model", r.Model)
	e.key("input")
	e.str(r.Input, "input")
	v.optString(e, "voice", r.Voice)
	r.RefAudio.member(e, "ref_audio")
	e.close('}')
}

func (r *SpeechRequest) size() int { return 256 + len(r.Input) + r.RefAudio.size() }

// EncodeSpeechRequest encodes a request for speech; with a RefAudio the result has it
// as the model gets it. Equals MistralTokenizer.encode_speech_request. Errors as of
// EncodeChat; up to v3, and without an audio encoder, all is refused.
func (t *Tokenizer) EncodeSpeechRequest(ctx context.Context, req *SpeechRequest, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestCall(encodeSpeech, req, opts))
}

// EncodeSpeechRequestAsync is EncodeSpeechRequest as a future; ctx governs the call
// itself.
func (t *Tokenizer) EncodeSpeechRequestAsync(ctx context.Context, req *SpeechRequest, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.requestCall(encodeSpeech, req, opts))
}

// EncodeSpeechRequestJSON encodes the JSON of a SpeechRequest, in which
// {"__bytes__": base64} stands for Python's bytes.
func (t *Tokenizer) EncodeSpeechRequestJSON(ctx context.Context, request []byte, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestJSONCall(encodeSpeech, request, opts))
}

// EncodeSpeechRequestJSONAsync is EncodeSpeechRequestJSON as a future.
func (t *Tokenizer) EncodeSpeechRequestJSONAsync(ctx context.Context, request []byte, opts ...EncodeOption) *async.Future[*Tokenized] {
	return start(ctx, t.rt, t.requestJSONCall(encodeSpeech, request, opts))
}

var encodeSpeech = family{wire.OpEncodeSpeechRequest, "encode_speech_request"}
