package client

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// EncodeInstruct encodes an instruct request.
func (t *Tokenizer) EncodeInstruct(ctx context.Context, req *mistral.InstructRequest, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encode(ctx, instruct, req, opts)
}

// EncodeInstructJSON is EncodeInstruct of JSON, sent as it is.
func (t *Tokenizer) EncodeInstructJSON(ctx context.Context, request []byte, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encodeJSON(ctx, instruct, request, opts)
}

// EncodeFIM encodes a fill-in-the-middle request.
func (t *Tokenizer) EncodeFIM(ctx context.Context, req *mistral.FIMRequest, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encode(ctx, fim, req, opts)
}

// EncodeFIMJSON is EncodeFIM of JSON, sent as it is.
func (t *Tokenizer) EncodeFIMJSON(ctx context.Context, request []byte, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encodeJSON(ctx, fim, request, opts)
}

// EncodeTranscription encodes a transcription request.
func (t *Tokenizer) EncodeTranscription(ctx context.Context, req *mistral.TranscriptionRequest, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encode(ctx, transcription, req, opts)
}

// EncodeTranscriptionJSON is EncodeTranscription of JSON, sent as it is.
func (t *Tokenizer) EncodeTranscriptionJSON(ctx context.Context, request []byte, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encodeJSON(ctx, transcription, request, opts)
}

// EncodeSpeechRequest encodes a speech request.
func (t *Tokenizer) EncodeSpeechRequest(ctx context.Context, req *mistral.SpeechRequest, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encode(ctx, speech, req, opts)
}

// EncodeSpeechRequestJSON is EncodeSpeechRequest of JSON, sent as it is.
func (t *Tokenizer) EncodeSpeechRequestJSON(ctx context.Context, request []byte, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encodeJSON(ctx, speech, request, opts)
}
