package target

import (
	"context"
	"time"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

// VLLM makes a Target of vLLM's tokenizer: the call is that of its chat template.
func VLLM(v *bridge.VLLM) Target { return vllm{v} }

type vllm struct{ v *bridge.VLLM }

func (s vllm) Sync(ctx context.Context, r *bridge.ChatCompletionRequest) ([]int32, error) {
	out, err := s.v.ApplyMistralChatTemplate(ctx, r.Messages, options(r))
	if err != nil {
		return nil, err
	}
	return out.Tokens, nil
}

func (s vllm) Async(ctx context.Context, r *bridge.ChatCompletionRequest) *async.Future[*bridge.Tokenized] {
	f := s.v.ApplyMistralChatTemplateAsync(ctx, r.Messages, options(r))
	return async.Lazy(f, func() (*bridge.Tokenized, error) {
		out, err := f.Result()
		if err != nil {
			return nil, err
		}
		return &bridge.Tokenized{Tokens: out.Tokens, Warnings: out.Warnings}, nil
	})
}

func (s vllm) Reference(ctx context.Context, r *bridge.ChatCompletionRequest, n int) ([]int32, []time.Duration, error) {
	args, err := bridge.AppendTemplateJSON(nil, r.Messages, options(r))
	if err != nil {
		return nil, nil, err
	}
	ref, err := s.v.ReferenceApply(ctx, args, n)
	return ref.Tokens, ref.Times, err
}

func options(r *bridge.ChatCompletionRequest) bridge.TemplateOptions {
	return bridge.TemplateOptions{Tools: r.Tools}
}
