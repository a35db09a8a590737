package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// policies are the values of --policy, at the place of their bridge.Policy.
var policies = []string{bridge.Ignore: "ignore", bridge.Keep: "keep", bridge.Raise: "raise"}

func newDecode(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var policy string
	var asJSON, stream bool
	cmd := &cobra.Command{
		Use:   "decode [ID...|@FILE|-]",
		Short: "Turn ids back into text",
		Long: `decode prints the text of the ids: spaces or commas between them, or a JSON list.
@FILE is a file of them; without ids, or with -, it reads them from stdin. The text
is printed to the byte; only on a terminal a newline follows it, and control
characters are written out.

--stream reads ids line by line and writes the text of each line as it comes, never
a part of a character: what it has written is what decode prints for all ids.`,
		Example: `  mtok decode 22177 1044 4304
  echo '[1, 3, 22177, 4]' | mtok decode --policy keep
  mtok encode --ids "Hello" | tr ' ' '\n' | mtok decode --stream`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p := slices.Index(policies, policy)
			if p < 0 {
				return usageError{fmt.Errorf("--policy: there is no policy %q; there are %s", policy, strings.Join(policies, ", "))}
			}
			if err := tf.check(); err != nil {
				return err
			}
			var ids []int32
			var in io.Reader
			var err error
			if stream {
				if asJSON {
					return usageError{errors.New("--stream and --json exclude each other: --json prints when all ids are there")}
				}
				var end func()
				if in, end, err = idLines(s, args); err != nil {
					return err
				}
				defer end()
			} else if ids, err = readIDs(s, args); err != nil {
				return err
			}
			ctx := cmd.Context()
			return withTokenizer(ctx, s, env, &tf, nil, func(_ *bridge.Runtime, tok *bridge.Tokenizer) error {
				if stream {
					d, err := tok.NewDetokenizer(ctx, bridge.Policy(p))
					if err != nil {
						return err
					}
					return decodeStream(s, in, d)
				}
				text, err := tok.Decode(ctx, ids, bridge.Policy(p))
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(s.out, struct {
						Text      string `json:"text"`
						Count     int    `json:"count"`
						Tokenizer string `json:"tokenizer"`
					}{text, len(ids), tf.name})
				}
				if isTerminal(s.out) {
					text = visible(text) + "\n"
				}
				_, err = io.WriteString(s.out, text)
				return err
			})
		},
	}
	tf.add(cmd)
	cmd.Flags().StringVar(&policy, "policy", policies[bridge.Ignore], "what to do with special tokens: "+strings.Join(policies, ", "))
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"text", "count", "tokenizer"}`)
	cmd.Flags().BoolVar(&stream, "stream", false, "read ids line by line and write text as it comes")
	return cmd
}

func readIDs(s streams, args []string) ([]int32, error) {
	text := strings.Join(args, " ")
	if len(args) <= 1 {
		var err error
		if text, err = readInput(s, args); err != nil {
			return nil, err
		}
	}
	return parseIDs(text)
}

func parseIDs(text string) ([]int32, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, bom))
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text = text[1 : len(text)-1]
	}
	var ids []int32
	for _, field := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		id, err := strconv.ParseInt(field, 10, 32)
		if errors.Is(err, strconv.ErrRange) {
			return nil, inputError{fmt.Errorf("%.40s is no token id: no vocabulary is as large", field)}
		}
		if err != nil {
			return nil, inputError{fmt.Errorf("%.40q is no token id: ids are whole numbers, with spaces or commas between them", field)}
		}
		ids = append(ids, int32(id))
	}
	return ids, nil
}
