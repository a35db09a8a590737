package target

import (
	"context"
	"time"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

// VLLM makes a Target of vLLM's tokenizer: the call is that of its chat template.
func VLLM(v *vllm.Tokenizer) Target { return vllmTokenizer{v} }

type vllmTokenizer struct{ v *vllm.Tokenizer }

func (s vllmTokenizer) Sync(ctx context.Context, r *mistral.ChatCompletionRequest) ([]int32, error) {
	out, err := s.v.ApplyMistralChatTemplate(ctx, r.Messages, options(r))
	if err != nil {
		return nil, err
	}
	return out.Tokens, nil
}

func (s vllmTokenizer) Async(ctx context.Context, r *mistral.ChatCompletionRequest) *async.Future[*bridge.Tokenized] {
	f := s.v.ApplyMistralChatTemplateAsync(ctx, r.Messages, options(r))
	return async.Lazy(f, func() (*bridge.Tokenized, error) {
		out, err := f.Result()
		if err != nil {
			return nil, err
		}
		return &bridge.Tokenized{Tokens: out.Tokens, Warnings: out.Warnings}, nil
	})
}

func (s vllmTokenizer) Reference(ctx context.Context, r *mistral.ChatCompletionRequest, n int) ([]int32, []time.Duration, error) {
	args, err := vllm.AppendTemplateJSON(nil, r.Messages, options(r))
	if err != nil {
		return nil, nil, err
	}
	ref, err := s.v.ReferenceApply(ctx, args, n)
	return ref.Tokens, ref.Times, err
}

func options(r *mistral.ChatCompletionRequest) vllm.TemplateOptions {
	return vllm.TemplateOptions{Tools: r.Tools}
}
