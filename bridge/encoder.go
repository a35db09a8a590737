package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Encoder is what most programs need of a tokenizer, no matter where Python runs: a *Tokenizer in this
// process or its workers, a *client.Tokenizer on a server. Both have more methods, and the same
// errors: ReasonOf, HTTPStatus and Retryable sort either's.
type Encoder interface {
	EncodeChat(ctx context.Context, req *mistral.ChatCompletionRequest, opts ...EncodeOption) (*Tokenized, error)
	EncodeChatJSON(ctx context.Context, request []byte, opts ...EncodeOption) (*Tokenized, error)
	EncodeOpenAI(ctx context.Context, body []byte, opts ...EncodeOption) (*Tokenized, error)
	EncodeText(ctx context.Context, s string, bos, eos bool) ([]int32, error)

	Count(ctx context.Context, req *mistral.ChatCompletionRequest, opts ...EncodeOption) (int, error)
	CountJSON(ctx context.Context, request []byte, opts ...EncodeOption) (int, error)
	CountOpenAI(ctx context.Context, body []byte, opts ...EncodeOption) (int, error)
	CountText(ctx context.Context, s string, bos, eos bool) (int, error)

	Decode(ctx context.Context, tokens []int32, p Policy) (string, error)
	Describe() Description
}

var _ Encoder = (*Tokenizer)(nil)
