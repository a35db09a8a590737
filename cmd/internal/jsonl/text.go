package jsonl

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
)

func (s *Server) decode(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err == nil {
		err = r.only("tokens", "policy")
	}
	if err == nil && r.text == nil {
		err = badArguments(`decode needs "tokens"`)
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return then(t.DecodeJSONAsync(ctx, r.text), func(text string) []byte { return AppendJSON(nil, text) })
}

func (s *Server) rawMethod(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	m, err := r.method()
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return then(raw.Of(t).CallAsync(ctx, m, r.arg("a"), r.arg("k")), func(v json.RawMessage) []byte { return v })
}

func (s *Server) info(_ context.Context, r *request) future {
	if err := r.only(); err != nil {
		return async.Failed[[]byte](err)
	}
	return async.Ready(AppendJSON(nil, struct {
		Program string `json:"program"`
		bridge.Info
		Exec map[string]int `json:"exec"`
	}{s.opts.Program, s.rt.Info(), map[string]int{"typed": s.typed, "raw": s.raw}}))
}
