package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// boundaries are the values of --at, with their bridge.Boundary.
var boundaries = []struct {
	name string
	at   bridge.Boundary
}{{"character", bridge.AtCharacter}, {"word", bridge.AtWord}, {"line", bridge.AtLine}}

func boundaryNames() (names []string) {
	for _, b := range boundaries {
		names = append(names, b.name)
	}
	return names
}

// addMax adds the flag that both commands need.
func addMax(cmd *cobra.Command, n *int, usage string) {
	cmd.Flags().IntVarP(n, "max", "n", 0, usage+" (needed)")
}

func newTruncate(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var n int
	var left, asJSON bool
	cmd := &cobra.Command{
		Use:   "truncate [TEXT|@FILE|-]",
		Short: "Cut a text to a number of tokens",
		Long: `truncate prints the longest begin of a text that has at most --max tokens when it
is itself encoded, without begin and end of sequence; with --left the longest end. It
is cut between two characters. @FILE is what is in the file; without TEXT, or with -,
it reads stdin. The text is printed to the byte; only on a terminal a newline follows
it, and control characters are written out.`,
		Example: `  mtok truncate --max 2 "Hello you there"
  mtok truncate -n 4096 -t v3 @page.txt > begin.txt
  mtok truncate -n 4096 --left - < log.txt`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("max") || n < 0 {
				return usageError{errors.New("--max: give the number of tokens that the text may have, 0 or more")}
			}
			return withText(cmd.Context(), s, env, &tf, args, func(ctx context.Context, tok *bridge.Tokenizer, text string) error {
				cut := tok.Truncate
				if left {
					cut = tok.TruncateLeft
				}
				part, err := cut(ctx, text, n)
				if err != nil {
					return err
				}
				if !asJSON {
					if isTerminal(s.out) {
						part = visible(part) + "\n"
					}
					_, err = io.WriteString(s.out, part)
					return err
				}
				count, err := tok.CountText(ctx, part, false, false)
				if err != nil {
					return err
				}
				return printJSON(s.out, struct {
					Text      string `json:"text"`
					Count     int    `json:"count"`
					Whole     bool   `json:"whole"`
					Tokenizer string `json:"tokenizer"`
				}{part, count, len(part) == len(text), tf.name})
			})
		},
	}
	tf.add(cmd)
	addMax(cmd, &n, "how many tokens there may be")
	cmd.Flags().BoolVar(&left, "left", false, "cut off the begin and keep the end")
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"text", "count", "whole", "tokenizer"}`)
	return cmd
}

func newSplit(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var n, overlap int
	var at string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "split [TEXT|@FILE|-]",
		Short: "Cut a text into sections of a number of tokens",
		Long: `split says where to cut a text into sections of at most --max tokens each, when they
are encoded alone: a line "START END COUNT" a section, in bytes, or with --json its
text too. A section ends between two characters, with --at word or --at line after
the last word or line that fits. With --overlap each begins with the last tokens of
the one before it, as many at most. @FILE is what is in the file; without TEXT, or
with -, it reads stdin.`,
		Example: `  mtok split --max 2 "Hello you there"
  mtok split -n 512 --overlap 64 --at line --json @book.txt`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			i := slices.Index(boundaryNames(), at)
			switch {
			case n < 1:
				return usageError{errors.New("--max: give the number of tokens that a section may have, 1 or more")}
			case overlap < 0 || overlap >= n:
				return usageError{fmt.Errorf("--overlap: %d is not from 0 to below --max, %d", overlap, n)}
			case i < 0:
				return usageError{fmt.Errorf("--at: there is no %q; there are %s", at, strings.Join(boundaryNames(), ", "))}
			}
			return withText(cmd.Context(), s, env, &tf, args, func(ctx context.Context, tok *bridge.Tokenizer, text string) error {
				sections, err := tok.Split(ctx, text, n, overlap, boundaries[i].at)
				if err != nil {
					return err
				}
				return printSections(s, tf.name, text, sections, asJSON)
			})
		},
	}
	tf.add(cmd)
	addMax(cmd, &n, "how many tokens a section may have")
	cmd.Flags().IntVar(&overlap, "overlap", 0, "how many tokens of a section the next one may begin with")
	cmd.Flags().StringVar(&at, "at", boundaries[0].name, "where a section rather ends: "+strings.Join(boundaryNames(), ", "))
	cmd.Flags().BoolVar(&asJSON, "json", false, `print {"sections": [{"text", "offset", "count"}], "count", "tokenizer"}`)
	return cmd
}

func printSections(s streams, name, text string, sections []bridge.Section, asJSON bool) error {
	if !asJSON {
		out := bufio.NewWriter(s.out)
		for _, part := range sections {
			fmt.Fprintln(out, part.Start, part.End, part.Tokens)
		}
		return out.Flush()
	}
	type section struct {
		Text   string `json:"text"`
		Offset [2]int `json:"offset"`
		Count  int    `json:"count"`
	}
	list := make([]section, len(sections))
	for i, part := range sections {
		list[i] = section{text[part.Start:part.End], [2]int{part.Start, part.End}, part.Tokens}
	}
	return printJSON(s.out, struct {
		Sections  []section `json:"sections"`
		Count     int       `json:"count"` // of the sections
		Tokenizer string    `json:"tokenizer"`
	}{list, len(list), name})
}

// withText is withInput for a text alone.
func withText(
	ctx context.Context, s streams, env *envFlags, tf *tokenizerFlags, args []string,
	do func(context.Context, *bridge.Tokenizer, string) error,
) error {
	if err := tf.check(); err != nil {
		return err
	}
	text, err := readText(s, args, true)
	if err != nil {
		return err
	}
	return withTokenizer(ctx, s, env, tf, nil, func(_ *bridge.Runtime, tok *bridge.Tokenizer) error { return do(ctx, tok, text) })
}
