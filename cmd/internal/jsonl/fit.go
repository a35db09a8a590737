package jsonl

import (
	"context"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

func (s *Server) fit(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err == nil {
		err = r.only("request", "n")
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	req := pyjson.Last(r.args, "request")
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
		return AppendJSON(nil, struct {
			Kept  []int `json:"kept"`
			Count int   `json:"count"`
		}{found.Kept, found.Tokens})
	})
}
