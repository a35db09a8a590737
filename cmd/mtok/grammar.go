package main

import (
	"context"
	"errors"
	"fmt"
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
		Use:   "grammar [JSON|@FILE|-]",
		Short: "Write the Lark grammar that holds a model to a request's tools or schema",
		Long: `grammar reads the JSON of a ChatCompletionRequest from a file, with @FILE, or from
stdin, and prints the grammar, in llguidance's dialect, of the answers that its
tools, tool choice and response format allow; nothing, if they allow any. With
--schema it is the grammar of the texts that a JSON schema allows. Only for Tekken
tokenizers of v11 or later.`,
		Example: `  mtok grammar -t ./tekken.json @request.json
  mtok grammar -t ./tekken.json < request.json
  mtok grammar -t ./tekken.json --schema person.schema.json`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := tf.check(); err != nil {
				return err
			}
			input, err := grammarInput(s, schema, args)
			if err != nil {
				return err
			}
			if err := checkUTF8(input); err != nil {
				return err
			}
			ctx := cmd.Context()
			return withTokenizer(ctx, s, env, &tf, nil, func(_ *bridge.Runtime, tok *bridge.Tokenizer) error {
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
			})
		},
	}
	tf.add(cmd)
	cmd.Flags().StringVar(&schema, "schema", "", "the file of a JSON schema, with @ before it or not, or - for stdin; in place of a request")
	return cmd
}

// grammarInput is the schema, or the request.
func grammarInput(s streams, schema string, args []string) (string, error) {
	switch {
	case schema != "" && len(args) > 0:
		return "", usageError{errors.New("--schema is in place of a request: give one of them")}
	case schema == "-":
		return readInput(s, nil)
	case schema != "":
		text, err := os.ReadFile(strings.TrimPrefix(schema, "@"))
		if err != nil {
			err = usageError{fmt.Errorf("--schema: %w", err)}
		}
		return string(text), err
	case len(args) == 1 && isFileName(args[0]):
		return "", usageError{fmt.Errorf("grammar wants JSON, and %s is a file: give @%[1]s to read it", args[0])}
	case len(args) == 1 && args[0] != "-" && !strings.HasPrefix(args[0], "@") && !strings.HasPrefix(strings.TrimSpace(args[0]), "{"):
		return "", inputError{fmt.Errorf("grammar reads the request from stdin, from @FILE, or takes its JSON; %.40q is none of these", args[0])}
	}
	return readInput(s, args)
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
