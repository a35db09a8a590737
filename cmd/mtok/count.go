package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func newCount(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var pf promptFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "count [TEXT|@FILE|-]",
		Short: "Count the tokens of a text or a chat",
		Long: `count prints how many tokens a text, a user's message (--user) or a request in JSON
has: --chat, --openai, --instruct, --fim, --transcription or --speech; mtok encode
--help says what they are. @FILE is what is in the
file; without TEXT, or with -, it reads stdin; both to the byte. A text that itself
begins with @ goes through stdin.`,
		Example: `  mtok count @page.txt
  mtok count - < page.txt
  mtok count --chat --tokenizer v3 < request.json`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withInput(cmd.Context(), s, env, &tf, &pf, args, func(ctx context.Context, tok *bridge.Tokenizer, input string) error {
				n, err := pf.count(ctx, tok, input)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(s.out, struct {
						Count     int    `json:"count"`
						Tokenizer string `json:"tokenizer"`
					}{n, tf.name})
				}
				_, err = fmt.Fprintln(s.out, n)
				return err
			})
		},
	}
	tf.add(cmd)
	pf.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"count", "tokenizer"}`)
	return cmd
}
