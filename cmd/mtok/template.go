package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func newTemplate(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var system string
	var literal, noThinking bool
	cmd := &cobra.Command{
		Use:   "template",
		Short: "Write the Jinja2 chat template that goes with a tokenizer",
		Long: `template prints a Jinja2 template that writes a chat as the tokenizer would encode
it, made by mistral_common for what the tokenizer's file says it can do.`,
		Example: `  mtok template -t ./tekken.json > chat_template.jinja`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := tf.check(); err != nil {
				return err
			}
			ctx := cmd.Context()
			return withTokenizer(ctx, s, env, &tf, nil, func(rt *bridge.Runtime, tok *bridge.Tokenizer) error {
				ids, err := tok.Specials(ctx)
				if err != nil {
					return err
				}
				var options bridge.TokenizerTemplate
				if cmd.Flags().Changed("system") {
					options.SystemPrompt = &system
				}
				if literal {
					options.UseSpecialTokenVariables = new(bool)
				}
				if noThinking {
					options.PlainThinkingSupport = new(bool)
				}
				text, err := rt.ConvertTokenizerToChatTemplate(ctx, ids.FilePath, options)
				if err != nil {
					return err
				}
				_, err = io.WriteString(s.out, text)
				return err
			})
		},
	}
	tf.add(cmd)
	cmd.Flags().StringVar(&system, "system", "", "the system prompt of a chat that has none")
	cmd.Flags().BoolVar(&literal, "literal", false, "write begin and end of sequence as text, not as bos_token and eos_token")
	cmd.Flags().BoolVar(&noThinking, "no-plain-thinking", false, "a v11 tokenizer whose model does not write <think>")
	return cmd
}
