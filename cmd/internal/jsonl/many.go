package jsonl

import (
	"context"
	"fmt"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

func (s *Server) encodeTexts(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err == nil {
		err = r.only("texts", "bos", "eos")
	}
	var list [][]byte
	if err == nil {
		list, err = r.needList("texts")
	}
	texts := make([]string, len(list))
	for i, item := range list {
		text, ok := pyjson.String(item)
		if !ok && err == nil {
			err = r.notText(fmt.Sprintf("item %d of %q", i, "texts"), item)
		}
		texts[i] = text
	}
	bos, berr := r.boolean("bos")
	eos, eerr := r.boolean("eos")
	for _, e := range []error{err, berr, eerr} {
		if e != nil {
			return async.Failed[[]byte](e)
		}
	}
	return then(t.EncodeTextsAsync(ctx, texts, bos, eos), answers(func(dst []byte, ids []int32) []byte {
		return appendInts(dst, ids)
	}))
}

func (s *Server) encodeChats(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	want, opts, err := encodeArgs(r, "requests", true)
	var list [][]byte
	if err == nil {
		list, err = r.needList("requests")
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	if s.opts.Typed {
		for i, text := range list {
			if list[i], err = s.retyped(text); err != nil {
				return async.Failed[[]byte](err)
			}
		}
	} else {
		s.raw += len(list)
	}
	return then(t.EncodeChatsJSONAsync(ctx, list, opts...), answers(func(dst []byte, done *bridge.Tokenized) []byte {
		return AppendTokenized(dst, done, want)
	}))
}

// retyped is a chat that went through the Go types, if they can say it exactly.
func (s *Server) retyped(text []byte) ([]byte, error) {
	req, err := mistral.ParseChatCompletionRequest(text)
	if err != nil {
		s.raw++
		return text, nil
	}
	s.typed++
	return req.AppendJSON(nil)
}

// answers writes {"ok": …} or {"err": …} for each of many.
func answers[T any](ok func(dst []byte, v T) []byte) func([]bridge.Answer[T]) []byte {
	return func(all []bridge.Answer[T]) []byte {
		dst := []byte{'['}
		for i, a := range all {
			if i > 0 {
				dst = append(dst, ',')
			}
			if a.Err != nil {
				dst = append(appendError(append(dst, `{"err":`...), a.Err), '}')
				continue
			}
			dst = append(ok(append(dst, `{"ok":`...), a.Value), '}')
		}
		return append(dst, ']')
	}
}

func (r *request) needList(key string) ([][]byte, error) {
	text := r.arg(key)
	if text == nil {
		return nil, badArguments("%s needs %q, a list", r.op, key)
	}
	list, err := pyjson.Array(text)
	if err != nil {
		return nil, badArguments("%s: %q has to be a list", r.op, key)
	}
	return list, nil
}
