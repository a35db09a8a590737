package main

import (
	"bufio"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func newVocab(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var asJSON, special bool
	cmd := &cobra.Command{
		Use:   "vocab",
		Short: "List the pieces of a tokenizer",
		Long: `vocab prints every id with its piece, a tab between them: quoted, with the bytes of
pieces that are a part of a character as escapes. --json prints one JSON list, in
which such a piece is {"__bytes__": base64}.`,
		Example: `  mtok vocab -t v3 | grep Hello`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := tf.check(); err != nil {
				return err
			}
			ctx := cmd.Context()
			return withTokenizer(ctx, s, env, &tf, nil, func(_ *bridge.Runtime, tok *bridge.Tokenizer) error {
				ids, err := tok.Specials(ctx)
				if err != nil {
					return err
				}
				vocab, err := tok.Vocab(ctx)
				if err != nil {
					return err
				}
				if special {
					vocab = vocab[:ids.SpecialTokens]
				}
				if asJSON {
					list := make([]any, len(vocab))
					for i, piece := range vocab {
						list[i] = pieceJSON(piece)
					}
					return printJSON(s.out, list)
				}
				w := bufio.NewWriter(s.out)
				for id, piece := range vocab {
					if _, err := fmt.Fprintf(w, "%d\t%q\n", id, piece); err != nil {
						return err
					}
				}
				return w.Flush()
			})
		},
	}
	tf.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON list, each piece at the place of its id")
	cmd.Flags().BoolVar(&special, "special", false, "only the special tokens, which come first")
	return cmd
}
