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

// ReferenceCore times the native core alone (tiktoken, sentencepiece) on a text,
// n times, with the ids left in its own buffer: the floor of every bridge. A sentencepiece before 0.2.2 has no
// such core, and no times.
func (t *Tokenizer) ReferenceCore(ctx context.Context, text string, n int) ([]time.Duration, error) {
	return seam.Do(ctx, t.calls, t.timesCall(wire.OpReferenceCore, "reference_core", text, n))
}

// ReferenceCoreAsync is ReferenceCore as a future.
func (t *Tokenizer) ReferenceCoreAsync(ctx context.Context, text string, n int) *async.Future[[]time.Duration] {
	return seam.Start(ctx, t.calls, t.timesCall(wire.OpReferenceCore, "reference_core", text, n))
}

// ReferenceExecutor times the plain Python call behind asyncio's run_in_executor
// on one worker thread, n times: how a Python server keeps its event loop free.
func (t *Tokenizer) ReferenceExecutor(ctx context.Context, request []byte, n int) ([]time.Duration, error) {
	return seam.Do(ctx, t.calls, t.timesCall(wire.OpReferenceAsync, "reference_async", string(request), n))
}

// ReferenceExecutorAsync is ReferenceExecutor as a future.
func (t *Tokenizer) ReferenceExecutorAsync(ctx context.Context, request []byte, n int) *async.Future[[]time.Duration] {
	return seam.Start(ctx, t.calls, t.timesCall(wire.OpReferenceAsync, "reference_async", string(request), n))
}

func (t *Tokenizer) timesCall(op wire.Op, name, body string, n int) seam.Call[[]time.Duration] {
	h := t.calls.Header(op, 0)
	h.Arg = int32(max(1, min(n, math.MaxInt32)))
	c := seam.Call[[]time.Duration]{Job: seam.Job{Op: name, Frame: wire.Frame(h, body), Err: t.calls.Check(nil)}, Read: readTimes}
	if !utf8.ValidString(body) {
		c.Err = jsonenc.NotUTF8("", body)
	}
	return c
}

func readTimes(r *wire.Reply) ([]time.Duration, error) {
	var body struct {
		NS []time.Duration `json:"ns"`
	}
	err := json.Unmarshal(r.Body, &body)
	return body.NS, err
}
