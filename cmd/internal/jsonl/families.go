package jsonl

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// appender is a typed request of any family.
type appender interface {
	AppendJSON(dst []byte) ([]byte, error)
}

// encoder is an op that encodes requests of one family.
type encoder[R appender] struct {
	parse func([]byte) (R, error)
	typed func(*bridge.Tokenizer, context.Context, R, ...bridge.EncodeOption) *async.Future[*bridge.Tokenized]
	json  func(*bridge.Tokenizer, context.Context, []byte, ...bridge.EncodeOption) *async.Future[*bridge.Tokenized]
	max   bool // max_model_input_len is an argument
}

// op passes the request on as it is written; with Options.Typed through the Go types, if they can say it exactly.
func (e encoder[R]) op(s *Server, ctx context.Context, r *request) future { //nolint:revive // the form of Server's own ops
	t, err := s.tokenizer(r)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	want, opts, err := encodeArgs(r, "request", e.max)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	answer := func(done *bridge.Tokenized) []byte { return AppendTokenized(nil, done, want) }
	text := pyjson.Last(r.args, "request")
	if s.opts.Typed {
		if req, err := e.parse(text); err == nil {
			s.typed++
			return then(e.typed(t, ctx, req, opts...), answer)
		}
	}
	s.raw++
	return then(e.json(t, ctx, text, opts...), answer)
}

// encoders are the ops that encode.
func encoders() map[string]func(*Server, context.Context, *request) future {
	type tok = bridge.Tokenizer
	return map[string]func(*Server, context.Context, *request) future{
		"encode_chat_completion": encoder[*mistral.ChatCompletionRequest]{
			mistral.ParseChatCompletionRequest, (*tok).EncodeChatAsync, (*tok).EncodeChatJSONAsync, true,
		}.op,
		"encode_instruct": encoder[*mistral.InstructRequest]{
			mistral.ParseInstructRequest, (*tok).EncodeInstructAsync, (*tok).EncodeInstructJSONAsync, false,
		}.op,
		"encode_fim": encoder[*mistral.FIMRequest]{
			mistral.ParseFIMRequest, (*tok).EncodeFIMAsync, (*tok).EncodeFIMJSONAsync, false,
		}.op,
		"encode_transcription": encoder[*mistral.TranscriptionRequest]{
			mistral.ParseTranscriptionRequest, (*tok).EncodeTranscriptionAsync, (*tok).EncodeTranscriptionJSONAsync, false,
		}.op,
		"encode_speech_request": encoder[*mistral.SpeechRequest]{
			mistral.ParseSpeechRequest, (*tok).EncodeSpeechRequestAsync, (*tok).EncodeSpeechRequestJSONAsync, false,
		}.op,
	}
}
