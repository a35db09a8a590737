package jsonl

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

// loadVLLM waits, as load does.
func (s *Server) loadVLLM(ctx context.Context, r *request) future {
	if r.arg("mode") != nil {
		return async.Failed[[]byte](badArguments("load_vllm has no argument %q: vLLM has the mode test", "mode"))
	}
	src, _, err := loadArgs(r)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	v, err := vllm.Load(ctx, s.rt, src)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	h := "h" + strconv.Itoa(s.loaded)
	s.loaded++
	s.vllms[h] = v
	ok := append([]byte(`{"h":"`+h+`","desc":`), v.DescriptionJSON()...)
	return async.Ready(append(ok, '}'))
}

func (s *Server) vllm(r *request) (*vllm.Tokenizer, error) {
	if v := s.vllms[r.h]; v != nil {
		return v, nil
	}
	if s.tokenizers[r.h] != nil {
		return nil, &protoError{"UnknownHandle", "the tokenizer " + strconv.Quote(r.h) + " is not vLLM's: load it with load_vllm"}
	}
	_, err := s.tokenizer(r)
	return nil, err
}

func (s *Server) applyTemplate(ctx context.Context, r *request) future {
	v, err := s.vllm(r)
	if err == nil {
		err = r.only("messages", "chat_template", "tools", "kwargs")
	}
	if err == nil && pyjson.Last(r.args, "messages") == nil {
		err = badArguments(`apply_mistral_chat_template needs "messages"`)
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return then(s.template(ctx, v, r), func(t *vllm.Templated) []byte {
		if t.Other != nil {
			return t.Other
		}
		return appendInts(nil, t.Tokens)
	})
}

// template passes the arguments on as they are written; with Options.Typed messages and tools go through the Go
// types, if they can say them exactly.
func (s *Server) template(ctx context.Context, v *vllm.Tokenizer, r *request) *async.Future[*vllm.Templated] {
	if s.opts.Typed {
		if messages, opts, ok := parseTemplate(r); ok {
			s.typed++
			return v.ApplyMistralChatTemplateAsync(ctx, messages, opts)
		}
	}
	s.raw++
	return v.ApplyMistralChatTemplateJSONAsync(ctx, r.text)
}

func parseTemplate(r *request) (messages []mistral.Message, opts vllm.TemplateOptions, ok bool) {
	text := append([]byte(`{"messages":`), pyjson.Last(r.args, "messages")...)
	if tools := r.arg("tools"); tools != nil {
		text = append(append(text, `,"tools":`...), tools...)
	}
	req, err := mistral.ParseChatCompletionRequest(append(text, '}'))
	if err != nil {
		return nil, opts, false
	}
	opts.Tools = req.Tools
	if text := r.arg("chat_template"); text != nil {
		template, ok := pyjson.String(text)
		if !ok {
			return nil, opts, false
		}
		opts.ChatTemplate = &template
	}
	if kwargs := r.arg("kwargs"); kwargs != nil {
		members, err := pyjson.Object(kwargs)
		if err != nil {
			return nil, opts, false
		}
		for _, m := range members {
			if name, exact := pyjson.String(m.Name); !exact || name != m.Key {
				return nil, opts, false // a lone surrogate, which no string of Go's can be
			}
			opts.Kwargs = append(opts.Kwargs, vllm.Kwarg{Name: m.Key, Value: json.RawMessage(m.Value)})
		}
	}
	return req.Messages, opts, true
}

func (s *Server) vllmRaw(ctx context.Context, r *request) future {
	v, err := s.vllm(r)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	m, err := r.method()
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return then(v.RawAsync(ctx, m, r.arg("a"), r.arg("k")), func(v json.RawMessage) []byte { return v })
}
