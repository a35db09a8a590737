package execproto

import (
	"context"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// parts are what Tokenized has, in the order of the answer.
var parts = []string{"tokens", "prefix_ids", "text", "images", "audios"}

func (s *Server) encodeChat(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	want, opts, err := chatArgs(r)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return then(s.encode(ctx, t, last(r.args, "request"), opts), func(done *bridge.Tokenized) []byte {
		return appendTokenized(nil, done, want)
	})
}

// encode takes the request through the Go types if they can say it exactly. What
// they cannot say, the reference has to judge as it is written.
func (s *Server) encode(ctx context.Context, t *bridge.Tokenizer, text []byte, opts []bridge.EncodeOption) *async.Future[*bridge.Tokenized] {
	if !s.opts.Raw {
		if req, err := bridge.ParseChatCompletionRequest(text); err == nil {
			s.typed++
			return t.EncodeChatAsync(ctx, req, opts...)
		}
	}
	s.raw++
	return t.EncodeChatJSONAsync(ctx, text, opts...)
}

func chatArgs(r *request) (want []string, opts []bridge.EncodeOption, err error) {
	if err := r.only("request", "max", "want"); err != nil {
		return nil, nil, err
	}
	if last(r.args, "request") == nil {
		return nil, nil, badArguments(`%s needs "request", a ChatCompletionRequest`, r.op)
	}
	limit, err := r.length("max")
	if err != nil {
		return nil, nil, err
	}
	if want, err = wanted(r); err != nil {
		return nil, nil, err
	}
	opts = []bridge.EncodeOption{bridge.WithMaxModelInputLen(limit)}
	if slices.Contains(want, "text") {
		opts = append(opts, bridge.WithText())
	}
	if !slices.Contains(want, "images") && !slices.Contains(want, "audios") {
		opts = append(opts, bridge.WithoutMedia())
	}
	return want, opts, nil
}

func wanted(r *request) ([]string, error) {
	text := r.arg("want")
	if text == nil {
		return parts, nil
	}
	list, err := pyjson.Array(text)
	var want []string
	for _, item := range list {
		part, ok := pyjson.String(item)
		if !ok || !slices.Contains(parts, part) {
			return nil, badArguments("%s: %q has no part %s; it has %s", r.op, "want", item, strings.Join(parts, ", "))
		}
		want = append(want, part)
	}
	if err != nil {
		return nil, badArguments("%s: %q has to be a list of %s", r.op, "want", strings.Join(parts, ", "))
	}
	return want, nil
}
