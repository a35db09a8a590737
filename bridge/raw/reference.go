package raw

import (
	"context"
	"encoding/json"
	"math"
	"time"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Reference is the outcome of the plain Python call.
type Reference struct {
	Tokens []int32
	Times  []time.Duration // of each repetition, by Python's perf_counter_ns
}

// ReferenceChat is the baseline: it runs, in plain Python with nothing of ours
// between, `tokenizer.encode_chat_completion(ChatCompletionRequest.model_validate(obj)).tokens`
// n times on the JSON of a request, timed by Python itself. Parsing the JSON is
// not in the times, which makes the baseline a little better than a fair one.
func (t *Tokenizer) ReferenceChat(ctx context.Context, request []byte, n int) (Reference, error) {
	return seam.Do(ctx, t.calls, t.referenceCall(request, n))
}

// ReferenceChatAsync is ReferenceChat as a future.
func (t *Tokenizer) ReferenceChatAsync(ctx context.Context, request []byte, n int) *async.Future[Reference] {
	return seam.Start(ctx, t.calls, t.referenceCall(request, n))
}

func (t *Tokenizer) referenceCall(request []byte, n int) seam.Call[Reference] {
	h := t.calls.Header(wire.OpReferenceChat, 0)
	h.Arg = int32(max(1, min(n, math.MaxInt32)))
	c := seam.Call[Reference]{Job: seam.Job{Op: "reference_chat", Frame: wire.Frame(h, request), Err: t.calls.Check(nil)}, Read: readReference}
	if !utf8.Valid(request) {
		c.Err = jsonenc.NotUTF8("", request)
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
