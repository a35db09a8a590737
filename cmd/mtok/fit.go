package main

import (
	"bytes"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

func newFit(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var n int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "fit [REQUEST|@FILE|-]",
		Short: "Leave out a chat's oldest turns until it fits",
		Long: `fit reads a ChatCompletionRequest in JSON and prints it without its oldest turns, so
that it has at most --max tokens, with all that the reference adds. What the system
says, the tools and the last turn stay; calls of tools go with their results. A chat
whose last turn does not fit is an error. @FILE is what is in the file; without
REQUEST, or with -, it reads stdin.`,
		Example: `  mtok fit --max 4096 @chat.json
  mtok fit -n 4096 --json -t v7 - < chat.json`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("max") || n < 0 {
				return usageError{errors.New("--max: give the number of tokens that the chat may have, 0 or more")}
			}
			return withText(cmd.Context(), s, env, &tf, args, func(ctx context.Context, tok *bridge.Tokenizer, text string) error {
				fit, err := tok.FitChatJSON(ctx, []byte(text), n)
				if err != nil {
					return err
				}
				if !asJSON {
					return printKept(s, text, fit.Kept)
				}
				return printJSON(s.out, struct {
					Kept      []int  `json:"kept"`
					Count     int    `json:"count"`
					Tokenizer string `json:"tokenizer"`
				}{fit.Kept, fit.Tokens, tf.name})
			})
		},
	}
	tf.add(cmd)
	addMax(cmd, &n, "how many tokens there may be")
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"kept", "count", "tokenizer"}: the messages that stay, by index`)
	return cmd
}

// printKept prints a request with some of its messages; all else is as it was written.
func printKept(s streams, request string, kept []int) error {
	members, err := pyjson.Object([]byte(request))
	if err != nil {
		return err
	}
	out := []byte{'{'}
	for i, m := range members {
		value := m.Value
		if m.Key == "messages" { // where there are two, Python takes the last, and both may be it
			if value, err = keptOf(members, kept); err != nil {
				return err
			}
		}
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(append(append(out, m.Name...), ": "...), value...)
	}
	out = append(out, "}\n"...)
	if isTerminal(s.out) {
		out = escaped(out)
	}
	_, err = s.out.Write(out)
	return err
}

func keptOf(members []pyjson.Member, kept []int) ([]byte, error) {
	var whole []byte
	for _, m := range members {
		if m.Key == "messages" {
			whole = m.Value
		}
	}
	messages, err := pyjson.Array(whole)
	if err != nil {
		return nil, err
	}
	left := make([][]byte, len(kept))
	for i, at := range kept {
		left[i] = messages[at]
	}
	return append(append([]byte{'['}, bytes.Join(left, []byte(", "))...), ']'), nil
}
