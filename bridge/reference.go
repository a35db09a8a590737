package bridge

import (
	"context"
	"encoding/json"
	"math"
	"time"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Reference is the outcome of the plain Python call.
type Reference struct {
	Tokens []int32
	Times  []time.Duration // of each repetition, by Python's perf_counter_ns
}

// ReferenceChat is the yardstick: it runs, in plain Python with nothing of ours
// between, `tokenizer.encode_chat_completion(ChatCompletionRequest.model_validate(obj)).tokens`
// n times on the JSON of a request, timed by Python itself. Parsing the JSON is
// not in the times, which makes the yardstick a little better than a fair one.
func (t *Tokenizer) ReferenceChat(ctx context.Context, request []byte, n int) (Reference, error) {
	return do(ctx, t.rt, t.referenceCall(request, n))
}

// ReferenceChatAsync is ReferenceChat as a future.
func (t *Tokenizer) ReferenceChatAsync(ctx context.Context, request []byte, n int) *async.Future[Reference] {
	return start(ctx, t.rt, t.referenceCall(request, n))
}

func (t *Tokenizer) referenceCall(request []byte, n int) call[Reference] {
	h := t.header(wire.OpReferenceChat, 0)
	h.Arg = int32(max(1, min(n, math.MaxInt32)))
	c := call[Reference]{op: "reference_chat", frame: wire.Frame(h, request), err: t.check(nil), read: readReference}
	if !utf8.Valid(request) {
		c.err = notUTF8("", request)
	}
	return c
}

func readReference(r *wire.Reply) (Reference, error) {
	var body struct {
		NS []time.Duration `json:"ns"`
	}
	err := json.Unmarshal(r.Body, &body)
	return Reference{Tokens: r.Ints, Times: body.NS}, err
}
