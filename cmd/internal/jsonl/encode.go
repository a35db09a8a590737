package jsonl

import (
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// parts are what Tokenized has, in the order of the answer.
var parts = []string{"tokens", "prefix_ids", "text", "images", "audios"}

// spans is a part of ours, which comes only where it is requested.
const spans = "spans"

var allParts = append(slices.Clone(parts), spans)

// encodeArgs reads what the ops that encode requests have; key is the argument with the request.
func encodeArgs(r *request, key string, withMax bool) (want []string, opts []bridge.EncodeOption, err error) {
	keys := []string{key}
	if withMax {
		keys = append(keys, "max")
	}
	if err := r.only(append(keys, "want")...); err != nil {
		return nil, nil, err
	}
	if pyjson.Last(r.args, key) == nil {
		return nil, nil, badArguments(`%s needs %q`, r.op, key)
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
	if slices.Contains(want, spans) {
		opts = append(opts, bridge.WithSpans())
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
		if !ok || !slices.Contains(allParts, part) {
			return nil, badArguments("%s: %q has no part %s; it has %s", r.op, "want", item, strings.Join(allParts, ", "))
		}
		want = append(want, part)
	}
	if err != nil {
		return nil, badArguments("%s: %q has to be a list of %s", r.op, "want", strings.Join(allParts, ", "))
	}
	return want, nil
}
