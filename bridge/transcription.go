package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// EncodeTranscription encodes a request for the transcription of an audio; the result
// has the audio as the model gets it. Equals MistralTokenizer.encode_transcription.
// Errors as of EncodeChat; up to v3, and without an audio encoder, all is refused.
func (t *Tokenizer) EncodeTranscription(ctx context.Context, req *mistral.TranscriptionRequest, opts ...EncodeOption) (*Tokenized, error) {
	return do(ctx, t.rt, t.requestCall(encodeTranscription, req, opts))
}

// EncodeTranscriptionAsync is EncodeTranscription as a future; ctx governs the call
// itself.
func (t *Tokenizer) EncodeTranscriptionAsync(ctx context.Context, req *mistral.TranscriptionRequest, opts ...EncodeOption) *async.Future[*Tokenized] {
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
