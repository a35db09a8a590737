package jsonl

import (
	"context"
	"strconv"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

func (s *Server) encodeOpenAI(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	want, opts, err := encodeArgs(r, "body", true)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return then(t.EncodeOpenAIAsync(ctx, pyjson.Last(r.args, "body"), opts...), func(done *bridge.Tokenized) []byte {
		return AppendTokenized(nil, done, want)
	})
}

func (s *Server) countOpenAI(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err == nil {
		err = r.only("body", "max")
	}
	limit := -1
	if err == nil {
		limit, err = r.length("max")
	}
	body := pyjson.Last(r.args, "body")
	if err == nil && body == nil {
		err = badArguments(`%s needs "body", that of a chat completion`, r.op)
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return then(t.CountOpenAIAsync(ctx, body, bridge.WithMaxModelInputLen(limit)), func(n int) []byte {
		return strconv.AppendInt(nil, int64(n), 10)
	})
}
