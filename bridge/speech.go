package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// EncodeSpeechRequest encodes a request for speech; with a RefAudio the result has it
// as the model gets it. Equals MistralTokenizer.encode_speech_request. Errors as of
// EncodeChat; up to v3, and without an audio encoder, all is refused.
func (t *Tokenizer) EncodeSpeechRequest(ctx context.Context, req *mistral.SpeechRequest, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestCall(encodeSpeech, req, opts))
}

// EncodeSpeechRequestAsync is EncodeSpeechRequest as a future; ctx governs the call
// itself.
func (t *Tokenizer) EncodeSpeechRequestAsync(ctx context.Context, req *mistral.SpeechRequest, opts ...EncodeOption) *async.Future[*Tokenized] {
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
