package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// retryFlags are those of mtok bulk retry.
type retryFlags struct {
	shardFlags
	tokenizer tokenizerFlags
	to        string
	record    sizeFlag
	earlier   *bulk.Earlier
	plan      *plan.Plan // of the new run, but for the tokenizer
}

func newBulkRetry(s streams, env *envFlags) *cobra.Command {
	f := &retryFlags{}
	cmd := &cobra.Command{
		Use:   "retry DIR --to NEW",
		Short: "Try the rejects of a run again",
		Long: `retry encodes the rejects of the run in DIR once more, with a longer --record-timeout, a
larger --max-record, or on a machine with more memory, and writes to NEW what a run makes
that had no such rejects from the beginning: the same bytes, in the order of the input, and
the same digest. Nothing else is encoded: shards without rejects are second names of the same
files, or copies on another file system, and documents of the others are copied. DIR is only
read, and may be removed afterwards. Its run may still be under way: what is not committed
there is made from the beginning.

The input of shards with rejects is read again, and has to be what it was. Versions and
tokenizer have to be those of the plan. The same command resumes a retry.`,
		Example: `  mtok bulk retry tokens --to retried --record-timeout 1h
  mtok bulk retry tokens --to retried --max-record 1GiB`,
		Args: oneDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			stop, err := f.begin(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer stop()
			if err := f.check(cmd, args[0]); err != nil {
				return err
			}
			defer f.earlier.Dir.Close()
			return ofBulk(f.run(cmd.Context(), s, env))
		},
	}
	f.tokenizer.addHub(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "directory or URL of the new results (needed)")
	flags.Var(&f.record, "max-record", "longest record that is encoded (default: that of the run)")
	f.add(cmd)
	return cmd
}

func (f *retryFlags) check(cmd *cobra.Command, from string) (err error) {
	if f.to == "" {
		return usageError{errors.New("--to: give a directory for the new results")}
	}
	switch inside, around := holds(from, f.to), holds(f.to, from); {
	case inside && around:
		return usageError{fmt.Errorf("--to: %s is the run itself, of which nothing is changed; give a directory beside it", f.to)}
	case inside:
		return usageError{fmt.Errorf("--to: %s lies in the run itself; give a directory beside it", f.to)}
	case around:
		return usageError{fmt.Errorf("--to: %s has the run itself inside; give a directory beside it", f.to)}
	}
	if err := f.tokenizer.checkRevision(); err != nil {
		return err
	}
	to, err := store.At(cmd.Context(), f.to)
	if err != nil {
		return usageError{fmt.Errorf("--to: %w", err)}
	}
	defer to.Close()
	if err := bulk.CheckPlace(to); err != nil {
		return usageError{fmt.Errorf("--to: %w", err)}
	}
	dir, err := store.At(cmd.Context(), from)
	if err != nil {
		return usageError{err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, dir.Close())
		}
	}()
	st, err := bulk.ReadStatus(dir)
	if err != nil {
		return noRun(from, err)
	}
	if st.Counts.Rejected == 0 {
		return usageError{fmt.Errorf("%s has no rejects in what is committed: there is nothing to try again", from)}
	}
	was, err := bulk.ReadPlan(dir)
	if err != nil {
		return err
	}
	now := *was
	switch {
	case !cmd.Flags().Changed("max-record"):
	case int64(f.record) < was.Options.MaxRecord:
		return usageError{fmt.Errorf("--max-record: the run had %d, and what was encoded then would be rejected now: give no less", was.Options.MaxRecord)}
	default:
		now.Options.MaxRecord = int64(f.record)
	}
	f.earlier, f.plan = &bulk.Earlier{Dir: dir, Plan: was}, &now
	return nil
}

func (f *retryFlags) run(ctx context.Context, s streams, env *envFlags) error {
	rt, done, err := f.open(ctx, s, env)
	if err != nil {
		return err
	}
	defer done()
	tok, err := f.load(ctx, rt)
	if err != nil {
		return err
	}
	dir, err := store.Open(ctx, f.to, atPoint)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := bulk.Begin(dir, f.plan); err != nil {
		return err
	}
	m, err := f.make(ctx, s, bulk.Config{Dir: dir, Plan: f.plan, Earlier: f.earlier, Encode: bulk.EncodeWith(tok, f.plan.Options)})
	if err != nil {
		return err
	}
	rejects, mended, err := f.earlier.Retried(dir, f.plan)
	if err != nil {
		return err
	}
	if f.asJSON {
		return printJSON(s.out, struct {
			Digest  string      `json:"digest"`
			Counts  bulk.Counts `json:"counts"`
			Retried int64       `json:"retried"`
			Mended  int64       `json:"mended"`
		}{m.Digest, m.Counts, rejects, mended})
	}
	if _, err := fmt.Fprintf(s.out, "%d of %s became documents\n", mended, counted(int(rejects), "reject")); err != nil {
		return err
	}
	return printTotals(s, m, false)
}

// load loads the tokenizer, which has to be that of the run, as the versions have to be.
func (f *retryFlags) load(ctx context.Context, rt *bridge.Runtime) (*bridge.Tokenizer, error) {
	now := *f.earlier.Plan
	f.tokenizer.name = now.Tokenizer.Source
	tok, err := loadFor(ctx, rt, &f.tokenizer, &now)
	if err != nil {
		return nil, err
	}
	return tok, f.earlier.Plan.Differ(&now, f.earlier.Dir.Root())
}
