package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func newGrammar(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var schema string
	cmd := &cobra.Command{
		Use:   "grammar [-]",
		Short: "Write the Lark grammar that holds a model to a request's tools or schema",
		Long: `grammar reads the JSON of a ChatCompletionRequest from stdin and prints the grammar,
in llguidance's dialect, of the answers that its tools, tool choice and response
format allow; nothing, if they allow any. With --schema it is the grammar of the
texts that a JSON schema allows. Only for Tekken tokenizers of v11 or later.`,
		Example: `  mtok grammar -t ./tekken.json < request.json
  mtok grammar -t ./tekken.json --schema person.schema.json`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] != "-" {
				return usageError{errors.New("grammar reads the request from stdin")}
			}
			if err := tf.check(); err != nil {
				return err
			}
			var input string
			var err error
			if schema != "" {
				var text []byte
				text, err = os.ReadFile(schema)
				input = string(text)
			} else {
				input, err = readInput(s, nil)
			}
			if err != nil {
				return err
			}
			if err := checkUTF8(input); err != nil {
				return err
			}
			ctx := cmd.Context()
			rt, done, err := env.open(ctx, s)
			if err != nil {
				return err
			}
			defer done()
			tok, err := tf.load(ctx, rt)
			if err != nil {
				return err
			}
			template, err := tok.SelectJinjaTemplate(ctx)
			if err != nil {
				return err
			}
			text, err := lark(ctx, tok, template, []byte(input), schema != "")
			if err != nil {
				return err
			}
			if text != "" && !strings.HasSuffix(text, "\n") {
				text += "\n"
			}
			_, err = io.WriteString(s.out, text)
			return err
		},
	}
	tf.add(cmd)
	cmd.Flags().StringVar(&schema, "schema", "", "the file of a JSON schema, in place of a request")
	return cmd
}

// lark passes the input on as it is written.
func lark(ctx context.Context, tok *bridge.Tokenizer, template string, input []byte, isSchema bool) (string, error) {
	if isSchema {
		return tok.LarkForJSONSchema(ctx, template, input)
	}
	text, err := tok.GrammarForChatJSON(ctx, input, template)
	if err != nil || text == nil {
		return "", err
	}
	return *text, nil
}
