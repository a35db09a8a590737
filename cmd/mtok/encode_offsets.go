package main

import (
	"bufio"
	"context"
	"fmt"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// isRequest reports whether the input is to be a request in JSON.
func (f *promptFlags) isRequest() bool {
	for _, given := range f.families {
		if *given {
			return true
		}
	}
	return false
}

func printOffsets(ctx context.Context, s streams, tok *bridge.Tokenizer, name, text string, asJSON bool) error {
	found, err := tok.Offsets(ctx, text)
	if err != nil {
		return err
	}
	if !asJSON {
		out := bufio.NewWriter(s.out)
		for i, id := range found.Tokens {
			fmt.Fprintln(out, found.Offsets[i].Start, found.Offsets[i].End, id)
		}
		return out.Flush()
	}
	pairs := make([][2]int, len(found.Offsets))
	for i, o := range found.Offsets {
		pairs[i] = [2]int{o.Start, o.End}
	}
	return printJSON(s.out, struct {
		Tokens    []int32  `json:"tokens"`
		Offsets   [][2]int `json:"offsets"`
		Count     int      `json:"count"`
		Tokenizer string   `json:"tokenizer"`
	}{append([]int32{}, found.Tokens...), pairs, len(pairs), name})
}
