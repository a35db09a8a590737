package jsonl

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

// future is the text of "ok", which comes later.
type future = *async.Future[[]byte]

// ops are the operations; they run on the goroutine that reads, in the order of
// the requests, and leave the work to the future.
func ops() map[string]func(*Server, context.Context, *request) future {
	all := map[string]func(*Server, context.Context, *request) future{
		"load": (*Server).load, "load_raw": (*Server).loadRaw, "unload": (*Server).unload,
		"stream_open": (*Server).streamOpen, "stream_add": (*Server).streamAdd, "stream_close": (*Server).streamClose,
		"offsets": (*Server).offsets, "truncate": (*Server).truncate, "split": (*Server).split, "fit": (*Server).fit,
		"encode_texts": (*Server).encodeTexts, "encode_chats": (*Server).encodeChats,
		"encode_openai": (*Server).encodeOpenAI, "count_openai": (*Server).countOpenAI,
		"decode": (*Server).decode, "raw": (*Server).rawMethod, "info": (*Server).info,
		"validate": (*Server).validate, "normalize": (*Server).normalize,
		"to_openai": (*Server).toOpenAI, "from_openai": (*Server).fromOpenAI,
		"template": (*Server).chatTemplate, "grammar": (*Server).grammar,
		"load_vllm": (*Server).loadVLLM, "apply_mistral_chat_template": (*Server).applyTemplate, "vllm_raw": (*Server).vllmRaw,
	}
	maps.Copy(all, encoders())
	return all
}

func names() []string { return slices.Sorted(maps.Keys(ops())) }

// submit starts the work for one line. The future never fails: an error is an
// answer too.
func (s *Server) submit(ctx context.Context, l line) future {
	var warnings []bridge.Warning
	ctx = bridge.NotifyWarnings(ctx, func(w []bridge.Warning) { warnings = append(warnings, w...) })
	r, f := s.begin(ctx, l)
	return async.Lazy(f, func() ([]byte, error) {
		ok, err := f.Result()
		return appendAnswer(make([]byte, 0, len(ok)+256), r.id, ok, err, warnings), nil
	})
}

func (s *Server) begin(ctx context.Context, l line) (*request, future) {
	if l.err != nil {
		return &request{}, async.Failed[[]byte](l.err)
	}
	r, err := parseRequest(l.text)
	if err != nil {
		return r, async.Failed[[]byte](err)
	}
	op := ops()[r.op]
	if op == nil {
		return r, async.Failed[[]byte](&protoError{"UnknownOp", fmt.Sprintf(
			"there is no op %q; there are %s", r.op, strings.Join(names(), ", "))})
	}
	return r, op(s, ctx, r)
}

// tokenizer is the one that the request names.
func (s *Server) tokenizer(r *request) (*bridge.Tokenizer, error) {
	if t := s.tokenizers[r.h]; t != nil {
		return t, nil
	}
	if r.h == "" {
		return nil, badArguments(`%s needs "h", the handle that load gave, beside "op"`, r.op)
	}
	if s.vllms[r.h] != nil {
		return nil, &protoError{"UnknownHandle", fmt.Sprintf("the tokenizer %q was loaded by load_vllm, and %s needs one of mistral_common: load it with load", r.h, r.op)}
	}
	open := "none is loaded"
	if len(s.tokenizers) > 0 {
		open = "loaded are " + strings.Join(slices.Sorted(maps.Keys(s.tokenizers)), ", ")
	}
	return nil, &protoError{"UnknownHandle", fmt.Sprintf("there is no tokenizer %q; %s", r.h, open)}
}

// then turns the value of a future into the text of "ok".
func then[T any](f *async.Future[T], text func(T) []byte) future {
	return async.Lazy(f, func() ([]byte, error) {
		v, err := f.Result()
		if err != nil {
			return nil, err
		}
		return text(v), nil
	})
}
