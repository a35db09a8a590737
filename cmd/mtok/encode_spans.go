package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/jsonl"
)

// spansFlags ask whose each token of a chat is, and which of them a model is trained on.
type spansFlags struct {
	spans, lossMask bool
	mask            bridge.LossMask
}

func (f *spansFlags) add(cmd *cobra.Command) {
	p := cmd.Flags()
	p.BoolVar(&f.spans, "spans", false, "say whose each token of a --chat, --openai or --instruct is")
	p.BoolVar(&f.lossMask, "loss-mask", false, "say of each token of these whether a model is trained on it: 1 or 0")
	p.BoolVar(&f.mask.LastOnly, "last-only", false, "with --loss-mask: only the last message of the assistant")
	p.BoolVar(&f.mask.WithoutThinking, "without-thinking", false, "with --loss-mask: leave thinking out")
	p.BoolVar(&f.mask.WithoutToolCalls, "without-tool-calls", false, "with --loss-mask: leave tool calls out")
}

func (f *spansFlags) given() bool { return f.spans || f.lossMask }

func (f *spansFlags) check(request string, asJSON, others bool) error {
	switch {
	case !f.lossMask && f.mask != bridge.LossMask{}:
		return usageError{errors.New("--last-only, --without-thinking and --without-tool-calls belong to --loss-mask")}
	case !f.given():
		return nil
	case !slices.Contains([]string{"chat", "instruct", openAI}, request):
		return usageError{errors.New("--spans and --loss-mask are for --chat, --openai or --instruct")}
	case others:
		return usageError{errors.New("--spans and --loss-mask go with --json, and not with --ids and --offsets")}
	case f.spans && f.lossMask && !asJSON:
		return usageError{errors.New("--spans and --loss-mask go together only with --json")}
	}
	return nil
}

func (f *spansFlags) print(ctx context.Context, s streams, tok *bridge.Tokenizer, pf *promptFlags, name, input string, asJSON bool) error {
	done, err := pf.encodeRequest(ctx, tok, input, bridge.WithSpans())
	if err != nil {
		return err
	}
	mask := make([]int, len(done.Tokens))
	for i, trained := range f.mask.Of(done) {
		if trained {
			mask[i] = 1
		}
	}
	if asJSON {
		return f.printJSON(s, name, done, mask)
	}
	out := bufio.NewWriter(s.out)
	if f.lossMask {
		for i, bit := range mask {
			fmt.Fprintln(out, bit, done.Tokens[i])
		}
		return out.Flush()
	}
	for _, span := range done.Spans {
		message := "-"
		if span.Message >= 0 {
			message = fmt.Sprint(span.Message)
		}
		fmt.Fprintln(out, span.Start, span.Start+span.Len, message, cmp.Or(span.Role, "-"), span.Kind)
	}
	return out.Flush()
}

func (f *spansFlags) printJSON(s streams, name string, done *bridge.Tokenized, mask []int) error {
	out := struct {
		Tokens    []int32         `json:"tokens"`
		Spans     json.RawMessage `json:"spans,omitempty"`
		LossMask  []int           `json:"loss_mask,omitempty"`
		Count     int             `json:"count"`
		Tokenizer string          `json:"tokenizer"`
	}{Tokens: done.Tokens, Count: len(done.Tokens), Tokenizer: name}
	if f.lossMask {
		out.LossMask = mask
	}
	if f.spans {
		out.Spans = jsonl.AppendSpans(nil, done.Spans)
	}
	return printJSON(s.out, out)
}
