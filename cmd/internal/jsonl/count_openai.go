package jsonl

import (
	"context"
	"strconv"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

func (s *Server) countOpenAI(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err == nil {
		err = r.only("body", "max")
	}
	limit := -1
	if err == nil {
		limit, err = r.length("max")
	}
	body := last(r.args, "body")
	if err == nil && body == nil {
		err = badArguments(`count_openai needs "body", that of a chat completion`)
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	var opts []bridge.EncodeOption
	if limit >= 0 {
		opts = append(opts, bridge.WithMaxModelInputLen(limit))
	}
	return then(t.CountOpenAIAsync(ctx, body, opts...), func(n int) []byte { return strconv.AppendInt(nil, int64(n), 10) })
}
