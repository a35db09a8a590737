package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// workFlags are those of mtok bulk work.
type workFlags struct {
	shardFlags
	tokenizer tokenizerFlags
	out       string
	index     int
	count     int
	part      bulk.Part
	plan      *plan.Plan
}

func newBulkWork(s streams, env *envFlags) *cobra.Command {
	f := &workFlags{}
	cmd := &cobra.Command{
		Use:   "work --out DIR",
		Short: "Make the shards of one task of an array",
		Long: `work makes every COUNT-th shard of the plan in DIR that is not committed, from shard INDEX
on. It reads its INDEX from the variables of an Indexed Job of Kubernetes, an array of Slurm
or of AWS Batch; elsewhere give --index and --count. All tasks must see the same files at
the same paths. A task that is started again resumes; the last one that ends writes
manifest.json, and prints what mtok bulk run prints.

Its versions and tokenizer have to be those of the plan. --max-rejects is looked at when
all shards are there.`,
		Example: `  mtok bulk work --out tokens --index 0 --count 2
  mtok bulk work --out tokens --index 1 --count 2`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stop, err := f.begin(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer stop()
			if err := f.check(cmd); err != nil {
				return err
			}
			return ofBulk(f.run(cmd.Context(), s, env))
		},
	}
	f.tokenizer.addHub(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "directory or URL with the plan (needed)")
	flags.IntVar(&f.index, "index", 0, "number of the task, from 0 (default: as the scheduler says)")
	flags.IntVar(&f.count, "count", 0, "number of all tasks (default: as the scheduler says)")
	f.add(cmd)
	return cmd
}

func (f *workFlags) check(cmd *cobra.Command) error {
	if f.out == "" {
		return usageError{errors.New("--out: give the directory with the plan")}
	}
	if err := f.tokenizer.checkRevision(); err != nil {
		return err
	}
	given := cmd.Flags().Changed
	if given("count") && f.count < 1 {
		return usageError{errors.New("--count: the number of tasks must be above zero")}
	}
	if given("index") && !given("count") {
		return usageError{errors.New("--index: give --count too, the number of all tasks")}
	}
	var err error
	if given("index") {
		f.part, err = bulk.NewPart(f.index, f.count)
	} else {
		f.part, err = bulk.TaskOf(os.Getenv, f.count)
	}
	if err != nil {
		return usageError{err}
	}
	dir, err := store.At(cmd.Context(), f.out)
	if err != nil {
		return usageError{fmt.Errorf("--out: %w", err)}
	}
	defer dir.Close()
	if f.plan, err = bulk.ReadPlan(dir); err != nil {
		return noRun(f.out, err)
	}
	return nil
}

func (f *workFlags) run(ctx context.Context, s streams, env *envFlags) error {
	rt, done, err := f.open(ctx, s, env)
	if err != nil {
		return err
	}
	defer done()
	tok, err := f.load(ctx, rt)
	if err != nil {
		return err
	}
	dir, err := store.Open(ctx, f.out, atPoint)
	if err != nil {
		return err
	}
	defer dir.Close()
	m, err := f.make(ctx, s, bulk.Config{Dir: dir, Plan: f.plan, Part: f.part, Encode: bulk.EncodeWith(tok, f.plan.Options)})
	switch {
	case err != nil:
		return err
	case m != nil:
		return printTotals(s, m, f.asJSON)
	case f.asJSON:
		return printJSON(s.out, f.part)
	}
	_, err = fmt.Fprintf(s.out, "task %d of %d is done, others are not\n", f.part.Index, f.part.Count)
	return err
}

// load loads the tokenizer, which has to be that of the plan, as the versions have to be.
func (f *workFlags) load(ctx context.Context, rt *bridge.Runtime) (*bridge.Tokenizer, error) {
	now := *f.plan
	f.tokenizer.name = now.Tokenizer.Source
	tok, err := loadFor(ctx, rt, &f.tokenizer, &now)
	if err != nil {
		return nil, err
	}
	return tok, f.plan.Differ(&now, f.out)
}
