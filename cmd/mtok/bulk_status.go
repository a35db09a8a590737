package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

func newBulkStatus(s streams, _ *envFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status DIR",
		Short: "Say how far a run is",
		Long: `status reads what is committed below DIR, while a run works there or not. A run that
is complete has a digest: the same corpus, encoded with the same options, has the same
one on every machine. It needs no Python.`,
		Example: `  mtok bulk status tokens`,
		Args:    oneDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := store.At(cmd.Context(), args[0])
			if err != nil {
				return usageError{err}
			}
			defer dir.Close()
			st, err := bulk.ReadStatus(dir)
			if err != nil {
				return noRun(args[0], err)
			}
			if asJSON {
				return printJSON(s.out, st)
			}
			p := &printer{w: s.out}
			p.line("plan       %.12s, %s of %s in %s, %s", st.Plan, counted(st.Shards, "shard"), bulk.Size(st.Bytes), counted(st.Inputs, "file"), visible(st.Tokenizer))
			p.line("committed  %d of %d shards, %s", st.Committed, st.Shards, bulk.Size(st.Counts.Bytes))
			p.line("records    %d: %s (%s), %d empty, %d rejected", st.Counts.Records, counted(int(st.Counts.Documents), "document"), countedTokens(st.Counts), st.Counts.Empty, st.Counts.Rejected)
			for _, class := range bulk.Classes {
				if n := st.Rejected[class]; n > 0 {
					p.line("rejected   %d: %s", n, class)
				}
			}
			if st.Digest != "" {
				p.line("digest     %s", st.Digest)
			} else {
				p.line("incomplete: mtok bulk run --out %s resumes it", visible(args[0]))
			}
			return p.err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the same as JSON")
	return cmd
}

// oneDir is the argument of the commands about a run.
func oneDir(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("%d arguments where the directory of a run was expected", len(args))}
	}
	return nil
}
