package jsonl

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// The ops whose arguments pass as one object, in which what has a Go type is taken
// through it.

func (s *Server) validate(ctx context.Context, r *request) future {
	if err := r.has("cls", "mode", "what", "x", "k"); err != nil {
		return async.Failed[[]byte](err)
	}
	what, err := r.str("what")
	if err != nil {
		return async.Failed[[]byte](err)
	}
	args := r.with("x", func(text []byte) []byte {
		if what == "messages" {
			return s.retypeMessages(text)
		}
		return s.retypeChat(text)
	})
	return then(s.rt.ValidateJSONAsync(ctx, args), func(*bridge.ValidationResult) []byte { return []byte("null") })
}

func (s *Server) normalize(ctx context.Context, r *request) future {
	if err := r.has("cls", "request", "msb"); err != nil {
		return async.Failed[[]byte](err)
	}
	return then(s.rt.NormalizeJSONAsync(ctx, r.with("request", s.retypeChat)), asWritten)
}

func (s *Server) toOpenAI(ctx context.Context, r *request) future {
	if err := r.has("mod", "cls", "x", "k"); err != nil {
		return async.Failed[[]byte](err)
	}
	class, err := r.str("cls")
	if err != nil {
		return async.Failed[[]byte](err)
	}
	args := r.with("x", func(text []byte) []byte { return s.retypeObject(class, text) })
	return then(s.rt.ToOpenAIJSONAsync(ctx, args), asWritten)
}

func (s *Server) fromOpenAI(ctx context.Context, r *request) future {
	if err := r.has("mod", "cls", "a", "k"); err != nil {
		return async.Failed[[]byte](err)
	}
	mod, err := r.str("mod")
	if err != nil {
		return async.Failed[[]byte](err)
	}
	cls, err := r.str("cls")
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return then(s.rt.FromOpenAIAsync(ctx, mistral.Class{Module: mod, Name: cls}, r.arg("a"), r.arg("k")), asWritten)
}

func (s *Server) chatTemplate(ctx context.Context, r *request) future {
	if err := r.has("fn", "a", "k"); err != nil {
		return async.Failed[[]byte](err)
	}
	return then(s.rt.TemplateJSONAsync(ctx, r.text), func(text string) []byte { return AppendJSON(nil, text) })
}

func (s *Server) grammar(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err == nil {
		err = r.has("m", "a", "k")
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	args := r.with("k", func(text []byte) []byte {
		members, err := pyjson.Object(text)
		if err != nil || pyjson.Last(members, "request") == nil {
			return text
		}
		return pyjson.AppendObject(nil, replaced(members, "request", s.retypeChat))
	})
	return then(t.GrammarJSONAsync(ctx, args), asWritten)
}

func asWritten(text json.RawMessage) []byte { return text }

// has refuses other arguments than keys, and none at all.
func (r *request) has(keys ...string) error {
	if err := r.only(keys...); err != nil {
		return err
	}
	if len(r.args) == 0 {
		return badArguments("%s needs arguments", r.op)
	}
	return nil
}

// with is the object of the arguments with one of them, if it is there, changed.
func (r *request) with(key string, change func([]byte) []byte) []byte {
	if pyjson.Last(r.args, key) == nil {
		return r.text
	}
	return pyjson.AppendObject(nil, replaced(r.args, key, change))
}

// replaced has the value of key that counts changed, and those that do not left out.
func replaced(members []pyjson.Member, key string, change func([]byte) []byte) []pyjson.Member {
	out := []pyjson.Member{{Key: key, Name: AppendJSON(nil, key), Value: change(pyjson.Last(members, key))}}
	for _, m := range members {
		if m.Key != key {
			out = append(out, m)
		}
	}
	return out
}
