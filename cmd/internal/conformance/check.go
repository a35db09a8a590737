package conformance

import (
	"context"
	"fmt"
	"slices"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// verdict is what came of one check.
type verdict struct {
	kind      Kind // empty: passed
	text      string
	want, got Answer
}

// checker asks both sides about one tokenizer.
type checker struct {
	ref       Reference
	impl      Asker
	tokenizer string
}

// check makes one check. Errors are those that end the run.
func (c checker) check(ctx context.Context, x corpus.Case, op Op) (verdict, error) {
	q, want, err := expect(ctx, c.ref, c.tokenizer, x, op)
	if err != nil {
		return verdict{}, err
	}
	got, err := c.impl.Ask(ctx, c.tokenizer, q)
	if f := asFault(err); f != nil {
		return verdict{kind: f.Kind, text: f.Text, want: want}, nil
	}
	if err != nil {
		return verdict{}, err
	}
	return judge(op, want, got), nil
}

// expect makes the question of a case, and has the reference answer it.
func expect(ctx context.Context, ref Reference, tokenizer string, x corpus.Case, op Op) (q Question, want Answer, err error) {
	q = Question{Op: op, Text: x.Text, Request: x.Request}
	if op == Decode {
		ids, err := ref.Ask(ctx, tokenizer, Question{Op: Encode, Text: x.Text})
		if err != nil {
			return q, want, err
		}
		q.IDs = ids.IDs
	}
	want, err = ref.Ask(ctx, tokenizer, q)
	return q, want, err
}

func judge(op Op, want, got Answer) verdict {
	v := verdict{want: want, got: got}
	switch {
	case want.Refused != "" && got.Refused != "":
	case want.Refused != "":
		v.kind, v.text = Accepted, "the reference says "+want.Refused
	case got.Refused != "":
		v.kind, v.text = Refused, got.Refused
	case op == Decode && want.Text != got.Text:
		v.kind, v.text = Wrong, fmt.Sprintf("%+q, the reference says %+q", cutText(got.Text, 60), cutText(want.Text, 60))
	case op == Count && want.N != got.N:
		v.kind, v.text = Wrong, fmt.Sprintf("%d, the reference says %d", got.N, want.N)
	case (op == Encode || op == Chat) && !slices.Equal(want.IDs, got.IDs):
		v.kind, v.text = Wrong, fmt.Sprintf("%d tokens, the reference has %d", len(got.IDs), len(want.IDs))
	}
	return v
}

// ops are those that a category is checked with.
func ops(i *Info, c corpus.Category) []Op {
	all := []Op{Encode, Decode, Count}
	if c.IsChat() {
		all = []Op{Chat, Count}
	}
	return slices.DeleteFunc(all, func(op Op) bool {
		// To count requests is to encode them.
		return !i.Can(op) || (op == Count && c.IsChat() && !i.Can(Chat))
	})
}
