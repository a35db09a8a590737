package jsonl

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

func (s *Server) fit(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err == nil {
		err = r.only("request", "n")
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	req := last(r.args, "request")
	n, err := r.length("n")
	switch {
	case err != nil:
	case req == nil:
		err = badArguments(`fit needs "request", a ChatCompletionRequest`)
	case n < 0:
		err = badArguments(`fit needs "n", how many tokens there may be`)
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return then(t.FitChatJSONAsync(ctx, req, n), func(found bridge.Fit) []byte {
		return appendJSON(nil, struct {
			Kept  []int `json:"kept"`
			Count int   `json:"count"`
		}{found.Kept, found.Tokens})
	})
}
