package client

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// EncodeChat encodes a chat.
func (t *Tokenizer) EncodeChat(ctx context.Context, req *mistral.ChatCompletionRequest, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encode(ctx, chat, req, opts)
}

// EncodeChatJSON is EncodeChat with the request as the reference's own JSON, sent as it is.
func (t *Tokenizer) EncodeChatJSON(ctx context.Context, request []byte, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encodeJSON(ctx, chat, request, opts)
}

// EncodeOpenAI encodes the body of an OpenAI chat completion, as clients send it.
func (t *Tokenizer) EncodeOpenAI(ctx context.Context, body []byte, opts ...bridge.EncodeOption) (*bridge.Tokenized, error) {
	return t.encodeJSON(ctx, openAI, body, opts)
}

// Count is the number of tokens of EncodeChat.
func (t *Tokenizer) Count(ctx context.Context, req *mistral.ChatCompletionRequest, opts ...bridge.EncodeOption) (int, error) {
	body, err := written(req)
	if err != nil {
		return 0, err
	}
	return t.CountJSON(ctx, body, opts...)
}

// CountJSON is the number of tokens of EncodeChatJSON.
func (t *Tokenizer) CountJSON(ctx context.Context, request []byte, opts ...bridge.EncodeOption) (int, error) {
	return t.countJSON(ctx, limits(chat, seam.EncodeHeader(opts)), request)
}

// CountOpenAI is the number of tokens of EncodeOpenAI.
func (t *Tokenizer) CountOpenAI(ctx context.Context, body []byte, opts ...bridge.EncodeOption) (int, error) {
	return t.countJSON(ctx, limits(openAI, seam.EncodeHeader(opts)), body)
}
