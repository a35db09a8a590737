package bridge

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Fit is what is left of a chat that was to have at most so many tokens.
type Fit struct {
	Request *mistral.ChatCompletionRequest // a copy with the messages that stay
	Kept    []int                          // their indexes in the request that was given
	Tokens  int                            // what Count says of Request
}

// FitChat leaves out the oldest turns of a chat until it has at most n tokens, counted by
// the reference with everything that it adds.
//
// A turn is what stands between one user's message and the next: the answer, the calls of
// tools and their results, which so stay together. Messages of the system, the tools and the
// last turn always stay. A chat that fits is returned whole.
//
// Law: Tokens is at most n, and with the last turn that was left out it would be more. It takes
// one crossing, in which the chat is encoded as often as a binary search over its turns asks for. Errors: those of EncodeChat,
// and an *mistral.InputError where not even the last turn fits.
func (t *Tokenizer) FitChat(ctx context.Context, req *mistral.ChatCompletionRequest, n int) (Fit, error) {
	return do(ctx, t.rt, t.fitCall(req, n))
}

// FitChatAsync is FitChat as a future.
func (t *Tokenizer) FitChatAsync(ctx context.Context, req *mistral.ChatCompletionRequest, n int) *async.Future[Fit] {
	return start(ctx, t.rt, t.fitCall(req, n))
}

// FitChatJSON is FitChat for the JSON of a request: Fit has no Request.
func (t *Tokenizer) FitChatJSON(ctx context.Context, request []byte, n int) (Fit, error) {
	return do(ctx, t.rt, t.fitJSONCall(request, n))
}

// FitChatJSONAsync is FitChatJSON as a future.
func (t *Tokenizer) FitChatJSONAsync(ctx context.Context, request []byte, n int) *async.Future[Fit] {
	return start(ctx, t.rt, t.fitJSONCall(request, n))
}

func (t *Tokenizer) fitCall(req *mistral.ChatCompletionRequest, n int) call[Fit] {
	c := call[Fit]{op: "fit"}
	if req == nil {
		c.err = errNilRequest
		return c
	}
	frame, err := req.AppendJSON(wire.NewFrame(t.fitHeader(n), 0))
	c.frame, c.err = wire.Seal(frame), t.check(cmp.Or(err, checkFit(n)))
	c.read = func(r *wire.Reply) (Fit, error) {
		out, err := readFit(r, n)
		if err != nil {
			return Fit{}, err
		}
		left := *req
		left.Messages = make([]mistral.Message, len(out.Kept))
		for i, at := range out.Kept {
			if at < 0 || at >= len(req.Messages) {
				return Fit{}, fmt.Errorf("message %d of %d", at, len(req.Messages))
			}
			left.Messages[i] = req.Messages[at]
		}
		out.Request = &left
		return out, nil
	}
	return c
}

func (t *Tokenizer) fitJSONCall(request []byte, n int) call[Fit] {
	c := call[Fit]{op: "fit", read: func(r *wire.Reply) (Fit, error) { return readFit(r, n) }}
	if !utf8.Valid(request) {
		c.err = notUTF8("", request)
		return c
	}
	c.frame, c.err = wire.Frame(t.fitHeader(n), request), t.check(checkFit(n))
	return c
}

func (t *Tokenizer) fitHeader(n int) wire.Header {
	h := t.header(wire.OpFit, 0)
	h.Arg = int32(max(0, min(n, math.MaxInt32)))
	return h
}

func checkFit(n int) error {
	if n < 0 || n > math.MaxInt32 {
		return &mistral.InputError{Place: "n", Offset: -1, Err: fmt.Errorf("%d is no number of tokens from 0 to %d", n, math.MaxInt32)}
	}
	return nil
}

func readFit(r *wire.Reply, n int) (Fit, error) {
	if len(r.Ints) == 0 {
		return Fit{}, &mistral.InputError{Place: "n", Offset: -1, Err: fmt.Errorf(
			"the last turn, the system's messages and the tools have %d tokens together, more than %d", r.Aux, n)}
	}
	out := Fit{Kept: make([]int, len(r.Ints)), Tokens: int(r.Aux)}
	for i, at := range r.Ints {
		out.Kept[i] = int(at)
	}
	return out, nil
}
