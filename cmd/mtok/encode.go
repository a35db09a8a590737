package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/tokentable"
)

func newEncode(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var pf promptFlags
	var sf spansFlags
	var asJSON, idsOnly, withOffsets bool
	cmd := &cobra.Command{
		Use:   "encode [TEXT|@FILE|-]",
		Short: "Turn a text or a chat into tokens",
		Long: `encode shows the tokens of a text, of a user's message (--user) or of a chat
or another request in JSON (--chat, --instruct, --fim, --transcription, --speech),
each piece with its id below it. --openai takes the body that a client of OpenAI's
chat completions sends, as the reference's from_openai does: what makes no token, such
as stream, temperature, a user's name or a call's index, is ignored; what would, and is
unknown to the reference, such as functions, is an error. @FILE is what is in the file;
without TEXT, or with -, it reads stdin. Both are taken to the byte: a newline at the end is a part
of the text. A text that itself begins with @ goes through stdin. --image and
--audio add files to a message; --audio also gives a transcription or a speech its
audio.

--ids prints the ids alone, for mtok decode or another program. --offsets says where
in a text each token comes from, in bytes: a line "START END ID" a token, or with
--json under offsets.

--spans says whose each token of a chat is: a line "START END MESSAGE ROLE KIND" a
span, with - for what belongs to no message. --loss-mask says which tokens a model is
trained on, those of the assistant: a line "1 ID" or "0 ID" a token. With --json they
stand under spans and loss_mask.`,
		Example: `  mtok encode "Hello, world"
  mtok encode --user --tokenizer v3 "What is 2+2?"
  mtok encode --chat @request.json
  mtok encode --chat --json < request.json
  mtok encode --openai @body.json
  mtok encode --chat --spans @request.json
  mtok encode --user -t v3-tekken-mm --image photo.png "What is this?"
  echo '{"prompt": "def f(", "suffix": "return a"}' | mtok encode --fim
  mtok encode --ids - < page.txt | mtok decode`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON && idsOnly {
				return usageError{errors.New("--json and --ids exclude each other: --json has the ids under tokens")}
			}
			if withOffsets && (idsOnly || pf.user || pf.bos || pf.eos || pf.isRequest()) {
				return usageError{errors.New("--offsets is for a text alone: it goes with --json and with no flag that makes a request of it, and not with --ids, --bos and --eos")}
			}
			if err := pf.check(); err != nil {
				return err
			}
			if err := sf.check(pf.request, asJSON, idsOnly || withOffsets); err != nil {
				return err
			}
			return withInput(cmd.Context(), s, env, &tf, &pf, args, func(ctx context.Context, tok *bridge.Tokenizer, input string) error {
				if sf.given() {
					return sf.print(ctx, s, tok, &pf, tf.name, input, asJSON)
				}
				if withOffsets {
					return printOffsets(ctx, s, tok, tf.name, input, asJSON)
				}
				ids, err := pf.encode(ctx, tok, input)
				if err != nil {
					return err
				}
				if idsOnly {
					_, err := fmt.Fprintln(s.out, joinIDs(ids))
					return err
				}
				tokens, err := pieces(ctx, tok, ids)
				if err != nil {
					return err
				}
				if asJSON {
					return printTokens(s, tf.name, ids, tokens)
				}
				if err := tokentable.Table(s.out, tokens, columns(s), colourful(s)); err != nil {
					return err
				}
				fmt.Fprintf(s.err, "%s (%s)\n", counted(len(ids), "token"), visible(tf.name))
				return nil
			})
		},
	}
	tf.add(cmd)
	pf.add(cmd)
	sf.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"tokens", "pieces", "count", "tokenizer"}`)
	cmd.Flags().BoolVar(&idsOnly, "ids", false, "print the ids alone, on one line")
	cmd.Flags().BoolVar(&withOffsets, "offsets", false, "say where in a text each token comes from, in bytes")
	return cmd
}

// withInput checks the flags, reads the input and loads the tokenizer, in this
// order: what is wrong is said before any Python starts.
func withInput(
	ctx context.Context, s streams, env *envFlags, tf *tokenizerFlags, pf *promptFlags, args []string,
	do func(context.Context, *bridge.Tokenizer, string) error,
) error {
	if err := errors.Join(pf.check(), tf.check()); err != nil {
		return err
	}
	if pf.request != "" && len(args) == 1 && isFileName(args[0]) {
		return usageError{fmt.Errorf("--%s wants JSON, and %s is a file: give @%[2]s to read it", pf.request, args[0])}
	}
	input, err := readText(s, args, pf.request == "")
	if err != nil {
		return err
	}
	more, err := pf.media.fetch.options()
	if err != nil {
		return err
	}
	return withTokenizer(ctx, s, env, tf, more, func(_ *bridge.Runtime, tok *bridge.Tokenizer) error {
		return do(ctx, tok, input)
	})
}

// readText reads the input, which has to be UTF-8. A byte order mark is spoken of; isText says what it is in.
func readText(s streams, args []string, isText bool) (string, error) {
	input, err := readInput(s, args)
	if err == nil {
		err = checkUTF8(input)
	}
	if err == nil {
		noteBOM(s, input, isText)
	}
	return input, err
}

// withTokenizer opens a Runtime and loads a tokenizer for as long as do takes.
func withTokenizer(
	ctx context.Context, s streams, env *envFlags, tf *tokenizerFlags, more []bridge.Option, do func(*bridge.Runtime, *bridge.Tokenizer) error,
) error {
	rt, done, err := env.open(ctx, s, more...)
	if err != nil {
		return err
	}
	defer done()
	tok, err := tf.load(ctx, rt)
	if err != nil {
		return err
	}
	return do(rt, tok)
}

func printTokens(s streams, tokenizer string, ids []int32, tokens []tokentable.Token) error {
	list := make([]any, len(tokens))
	for i, t := range tokens {
		list[i] = pieceJSON(t.Piece)
	}
	if ids == nil {
		ids = []int32{}
	}
	return printJSON(s.out, struct {
		Tokens    []int32 `json:"tokens"`
		Pieces    []any   `json:"pieces"`
		Count     int     `json:"count"`
		Tokenizer string  `json:"tokenizer"`
	}{ids, list, len(ids), tokenizer})
}

// counted is a number with its noun: 1 token, 2 tokens.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func joinIDs(ids []int32) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = strconv.Itoa(int(id))
	}
	return strings.Join(parts, " ")
}

// colourful reports whether stdout is a terminal whose user has not said
// NO_COLOR.
func colourful(s streams) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(s.out)
}

// columns is how wide a table may be.
func columns(s streams) int {
	if f, ok := s.out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w > 0 {
		return w
	}
	return 80
}

func atMostOne(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("%d arguments where one text was expected; put it in quotes", len(args))}
	}
	return nil
}
