// Package target has what verify and bench measure: a tokenizer, called in three ways.
package target

import (
	"context"
	"time"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
)

// Target is one tokenizer and three ways to call it.
type Target interface {
	// Sync makes the call and waits.
	Sync(context.Context, *mistral.ChatCompletionRequest) ([]int32, error)
	// Async makes the call and returns at once.
	Async(context.Context, *mistral.ChatCompletionRequest) *async.Future[*bridge.Tokenized]
	// Reference is the plain Python call, made n times and timed by Python.
	Reference(ctx context.Context, r *mistral.ChatCompletionRequest, n int) ([]int32, []time.Duration, error)
}

// Tokenizer makes a Target of a loaded tokenizer.
func Tokenizer(t *bridge.Tokenizer) Target { return tokenizer{t} }

type tokenizer struct{ t *bridge.Tokenizer }

func (s tokenizer) Sync(ctx context.Context, r *mistral.ChatCompletionRequest) ([]int32, error) {
	out, err := s.t.EncodeChat(ctx, r)
	if err != nil {
		return nil, err
	}
	return out.Tokens, nil
}

func (s tokenizer) Async(ctx context.Context, r *mistral.ChatCompletionRequest) *async.Future[*bridge.Tokenized] {
	return s.t.EncodeChatAsync(ctx, r)
}

func (s tokenizer) Reference(ctx context.Context, r *mistral.ChatCompletionRequest, n int) ([]int32, []time.Duration, error) {
	body, err := r.AppendJSON(nil)
	if err != nil {
		return nil, nil, err
	}
	ref, err := raw.Of(s.t).ReferenceChat(ctx, body, n)
	return ref.Tokens, ref.Times, err
}
