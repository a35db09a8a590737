package jsonl

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

// policies are the reference's names, at the place of their bridge.Policy.
var policies = []string{bridge.Ignore: "ignore", bridge.Keep: "keep", bridge.Raise: "raise"}

// streamOpen waits, so that a request behind it can use the stream: the vocabulary comes
// over once for a tokenizer.
func (s *Server) streamOpen(ctx context.Context, r *request) future {
	t, err := s.tokenizer(r)
	if err == nil {
		err = r.only("policy")
	}
	name := policies[bridge.Ignore]
	if err == nil && r.arg("policy") != nil {
		name, err = r.str("policy")
	}
	if err != nil {
		return async.Failed[[]byte](err)
	}
	policy := slices.Index(policies, name)
	if policy < 0 {
		return async.Failed[[]byte](badArguments(`stream_open: "policy" has to be ignore, keep or raise`))
	}
	d, err := t.NewDetokenizer(ctx, bridge.Policy(policy))
	if err != nil {
		return async.Failed[[]byte](err)
	}
	n := s.streamed
	s.streamed++
	s.streams[n] = d
	return async.Ready([]byte(`{"s":` + strconv.Itoa(n) + `}`))
}

func (s *Server) streamAdd(_ context.Context, r *request) future {
	_, d, err := s.stream(r, "s", "tokens", "events")
	if err != nil {
		return async.Failed[[]byte](err)
	}
	ids, err := r.ids("tokens")
	if err != nil {
		return async.Failed[[]byte](err)
	}
	wantEvents, err := r.boolean("events")
	if err != nil {
		return async.Failed[[]byte](err)
	}
	if !wantEvents {
		text, err := d.Add(ids...)
		if err != nil {
			return async.Failed[[]byte](err)
		}
		return async.Ready(AppendJSON(nil, text))
	}
	events, err := d.Events(ids...)
	if err != nil {
		return async.Failed[[]byte](err)
	}
	return async.Ready(AppendJSON(nil, eventsJSON(events)))
}

func (s *Server) streamClose(_ context.Context, r *request) future {
	n, d, err := s.stream(r, "s")
	if err != nil {
		return async.Failed[[]byte](err)
	}
	delete(s.streams, n)
	return async.Ready(AppendJSON(nil, d.Flush()))
}

// stream is the one that the request names.
func (s *Server) stream(r *request, keys ...string) (int, *bridge.Detokenizer, error) {
	if err := r.only(keys...); err != nil {
		return 0, nil, err
	}
	n, err := r.length("s")
	if err != nil {
		return 0, nil, err
	}
	if n < 0 {
		return 0, nil, badArguments(`%s needs "s", the number that stream_open gave`, r.op)
	}
	d := s.streams[n]
	if d == nil {
		return 0, nil, &protoError{"UnknownStream", fmt.Sprintf("there is no stream %d: none was opened with this number, or it was closed", n)}
	}
	return n, d, nil
}

// AppendEvents appends what stream_add answers with events.
func AppendEvents(out []byte, events []bridge.Event) []byte {
	return AppendJSON(out, eventsJSON(events))
}

type eventJSON struct {
	Kind string  `json:"kind"`
	ID   *int32  `json:"id"`
	Name *string `json:"name"`
	Text string  `json:"text"`
}

func eventsJSON(events []bridge.Event) []eventJSON {
	out := make([]eventJSON, len(events))
	for i, e := range events {
		out[i] = eventJSON{Kind: e.Kind.String(), Text: e.Text}
		if e.Kind != bridge.EventText {
			out[i].ID, out[i].Name = &events[i].ID, &events[i].Name
		}
	}
	return out
}

// ids is an argument that has to be there: a list of token ids.
func (r *request) ids(key string) ([]int32, error) {
	text := r.arg(key)
	if text == nil {
		return nil, badArguments("%s: %q has to be a list of token ids", r.op, key)
	}
	ids, err := ParseIDs(text)
	if err != nil {
		return nil, badArguments("%s: %q has to be a list of token ids: %v", r.op, key, err)
	}
	return ids, nil
}

// boolean is an argument that is false where it is absent.
func (r *request) boolean(key string) (bool, error) {
	switch text := r.arg(key); string(text) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, badArguments("%s: %q has to be true or false", r.op, key)
}
