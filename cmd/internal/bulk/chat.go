package bulk

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
)

// chatOf is the JSON of a chat: a record, or a field of it, as an object or as its text.
func chatOf(o plan.Options, raw []byte) (string, *Fault) {
	if o.Records == plan.JSONL && o.Field != "" {
		value, fault := valueOf(raw, o.Field)
		switch {
		case fault != nil:
			return "", fault
		case value[0] == '"':
			text, fault := stringOf(value, o.Field)
			if fault != nil {
				return "", fault
			}
			raw = []byte(text)
		case value[0] == '{':
			raw = value
		default:
			return "", &Fault{NoText, fmt.Sprintf("the field %q is no object and no string", o.Field)}
		}
	}
	if _, err := pyjson.Object(raw); err != nil {
		return "", &Fault{BadJSON, err.Error()}
	}
	return string(raw), nil
}

// refusedError is what is wrong with a chat that the reference would take for another.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return e.text }

// maskOf is which tokens of a chat have a loss.
func maskOf(o plan.Options) bridge.LossMask {
	return bridge.LossMask{LastOnly: o.LastOnly, WithoutThinking: o.WithoutThinking, WithoutToolCalls: o.WithoutToolCalls}
}

// encodeRequests makes the calls that chats are.
func encodeRequests(ctx context.Context, tok *bridge.Tokenizer, o plan.Options, chats []string, opts ...bridge.EncodeOption) ([]bridge.Answer[*bridge.Tokenized], error) {
	bodies := make([][]byte, len(chats))
	for i, chat := range chats {
		bodies[i] = []byte(chat)
	}
	if o.Type == plan.OpenAI {
		return openAI{tok}.encode(ctx, bodies, opts...)
	}
	return tok.EncodeChatsJSON(ctx, bodies, opts...)
}

// encodeChats is an Encode of chats. The data of images and audio have no place in the output.
func encodeChats(ctx context.Context, tok *bridge.Tokenizer, o plan.Options, chats []string) ([]bridge.Answer[Encoded], error) {
	found, err := encodeRequests(ctx, tok, o, chats, bridge.WithSpans(), bridge.WithoutMedia())
	if err != nil {
		return nil, err
	}
	mask := maskOf(o)
	out := make([]bridge.Answer[Encoded], len(found))
	for i, a := range found {
		if out[i].Err = a.Err; a.Err == nil {
			out[i].Value = Encoded{a.Value.Tokens, bytesOf(mask.Of(a.Value))}
		}
	}
	return out, nil
}

func bytesOf(mask []bool) []byte {
	out := make([]byte, len(mask))
	for i, trained := range mask {
		if trained {
			out[i] = 1
		}
	}
	return out
}

// trained is how many of the tokens have a loss.
func (e Encoded) trained() (n int64) {
	for _, bit := range e.Loss {
		n += int64(bit)
	}
	return n
}

// openAI encodes bodies as clients of OpenAI send them.
type openAI struct{ tok *bridge.Tokenizer }

// openAIAtOnce is how many wait for their answers together.
const openAIAtOnce = 16

// encode encodes each by itself.
func (a openAI) encode(ctx context.Context, bodies [][]byte, opts ...bridge.EncodeOption) ([]bridge.Answer[*bridge.Tokenized], error) {
	out := make([]bridge.Answer[*bridge.Tokenized], len(bodies))
	var g errgroup.Group
	g.SetLimit(openAIAtOnce)
	for i, body := range bodies {
		g.Go(func() error {
			if out[i].Value, out[i].Err = a.tok.EncodeOpenAI(ctx, body, opts...); out[i].Err == nil {
				out[i].Err = weigh(out[i].Value.Spans, body)
			}
			return nil
		})
	}
	_ = g.Wait()
	return out, ctx.Err()
}

// answer is a message of the assistant in a body, or any other.
type answer struct {
	is     bool
	weight float64 // 1 where none is stated, NaN where it is no number
}

// weigh gives spans the weights of the body's answers, which from_openai of the reference drops.
func weigh(spans []bridge.Span, body []byte) error {
	answers, weighted := answersOf(body)
	if !weighted {
		return nil
	}
	for i, s := range spans {
		if s.Role != assistant || s.Message < 0 {
			continue
		}
		// Answers that follow each other are one message to the reference, counted under the first.
		first := answers[s.Message].weight
		for n := s.Message; n < len(answers) && answers[n].is; n++ {
			weight := answers[n].weight
			switch {
			case weight != 0 && weight != 1:
				return &refusedError{fmt.Sprintf("messages.%d.weight: it has to be 0 or 1", n)}
			case weight != first:
				return &refusedError{fmt.Sprintf("messages.%d.weight: it is not that of messages.%d, with which mistral_common makes it one message", n, s.Message)}
			}
		}
		spans[i].Weight = first
	}
	return nil
}

const assistant = "assistant"

// answersOf are the messages of a body, which the reference has taken; weighted reports whether an
// answer has a weight.
func answersOf(body []byte) (answers []answer, weighted bool) {
	members, _ := pyjson.Object(body)
	messages, _ := pyjson.Array(pyjson.Last(members, "messages"))
	answers = make([]answer, len(messages))
	for i, m := range messages {
		fields, _ := pyjson.Object(m)
		role, _ := pyjson.String(pyjson.Last(fields, "role"))
		if role != assistant {
			continue
		}
		answers[i] = answer{true, 1}
		if weight := string(pyjson.Last(fields, "weight")); weight != "" && weight != "null" {
			weighted = true
			n, err := strconv.ParseFloat(weight, 64)
			if err != nil {
				n = math.NaN()
			}
			answers[i].weight = n
		}
	}
	return answers, weighted
}
