package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
)

// runFlags are those of mtok bulk run.
type runFlags struct {
	planFlags
	shardFlags
}

func newBulkRun(s streams, env *envFlags) *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "run [IN…] --out DIR",
		Short: "Encode a corpus, or resume a run that has ended early",
		Long: `run encodes the records of files, or of all .jsonl, .ndjson, .json, .txt and .parquet
files in directories, into Megatron's .bin and .idx below DIR, or another --format. A
record is a line: a JSON object whose --field is the text, or the text itself; or a row
of Parquet, whose column --field is the text. Files of lines may be compressed with gzip
or zstd. Blank lines are skipped, and texts are encoded as they are.

With --type chat the record is a chat completion request, and a loss mask of what the
assistant says is written beside the ids: .loss, one byte a token, or labels in Parquet.

The input is divided into shards, which are made and committed one by one. A run that
ended at any point, also by kill -9, is resumed by the same command, or by mtok bulk
run --out DIR; with any number of workers it makes the same bytes, and manifest.json
has a digest of them all. Other inputs, options or versions in the same DIR are refused.

A record that cannot be encoded goes to DIR/rejects with its file, place and reason
(mtok bulk cat --rejects), and its shard continues. More of them than --max-rejects, or
the first one with --on-error fail, end the run with exit code 4.`,
		Example: `  mtok bulk run corpus/ --out tokens -t v3-tekken
  mtok bulk run a.jsonl.zst b.jsonl.zst --out tokens --field content --bos=false
  mtok bulk run table.parquet --out tokens --field body
  mtok bulk run corpus/ --out tokens --format datatrove
  mtok bulk run chats.jsonl --type chat --out chats
  mtok bulk run --out tokens`,
		RunE: func(cmd *cobra.Command, args []string) error {
			stop, err := f.shardFlags.begin(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer stop()
			if err := f.planFlags.check(cmd, args); err != nil {
				return err
			}
			return ofBulk(f.run(cmd.Context(), s, env, args))
		},
	}
	f.planFlags.add(cmd)
	f.shardFlags.add(cmd)
	return cmd
}

// run plans and runs.
func (f *runFlags) run(ctx context.Context, s streams, env *envFlags, args []string) error {
	p, err := f.plan(ctx, s, args)
	if err != nil {
		return err
	}
	rt, done, err := f.open(ctx, s, env)
	if err != nil {
		return err
	}
	defer done()
	tok, err := loadFor(ctx, rt, &f.tokenizer, p)
	if err != nil {
		return err
	}
	dir, err := f.planFlags.begin(ctx, p)
	if err != nil {
		return err
	}
	defer dir.Close()
	m, err := f.make(ctx, s, bulk.Config{Dir: dir, Plan: p, Encode: bulk.EncodeWith(tok, p.Options)})
	if err != nil {
		return err
	}
	return printTotals(s, m, f.asJSON)
}

func printTotals(s streams, m *bulk.Manifest, asJSON bool) error {
	if asJSON {
		return printJSON(s.out, struct {
			Digest string      `json:"digest"`
			Counts bulk.Counts `json:"counts"`
		}{m.Digest, m.Counts})
	}
	c := m.Counts
	_, err := fmt.Fprintf(s.out, "%s of %s, %s\n%s rejected, %d empty\ndigest %s\n",
		counted(int(c.Documents), "document"), bulk.Size(c.Bytes), countedTokens(c), counted(int(c.Rejected), "record"), c.Empty, m.Digest)
	return err
}

// countedTokens says how many there are, and of chats how many with a loss.
func countedTokens(c bulk.Counts) string {
	text := counted(int(c.Tokens), "token")
	if c.LossTokens > 0 {
		text += fmt.Sprintf(", %d with a loss", c.LossTokens)
	}
	return text
}
