package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// runFlags are those of mtok bulk run.
type runFlags struct {
	tokenizer tokenizerFlags
	out       string
	options   plan.Options
	records   string
	shard     sizeFlag
	record    sizeFlag
	onError   string
	limit     limitValue
	timeout   time.Duration
	workers   int
	asJSON    bool
	was       *plan.Plan // that was begun in out, nil for none
	cmd       *cobra.Command
}

// atPoint is told where a run may be killed; only tests set it.
var atPoint func(point string)

var onErrors = []string{"quarantine", "fail"}

var recordKinds = []string{string(plan.JSONL), string(plan.Lines)}

func newBulkRun(s streams, env *envFlags) *cobra.Command {
	f := &runFlags{shard: 256 << 20, record: 64 << 20, limit: limitValue{bulk.Limit{Share: 0.01}, "1%"}}
	cmd := &cobra.Command{
		Use:   "run [IN…] --out DIR",
		Short: "Encode a corpus, or go on with one that was begun",
		Long: `run encodes the records of files, or of all .jsonl, .ndjson, .json and .txt files in
directories, into Megatron's .bin and .idx below DIR. A record is a line: a JSON object
whose --field is the text, or the text itself. Files may be packed with gzip or zstd.
Blank lines are no records, and texts are taken as they are.

The input is divided into shards, which are made and committed one by one. A run that
ended anywhere, also by kill -9, is gone on with by the same command, or by mtok bulk
run --out DIR; with any number of workers it makes the same bytes, and manifest.json
has a digest of them all. Other inputs, options or versions in the same DIR are refused.

A record that cannot be encoded goes to DIR/rejects with its file, place and reason
(mtok bulk cat --rejects), and its shard goes on; more of them than --max-rejects, or
with --on-error fail the first one, end the run with 4.`,
		Example: `  mtok bulk run corpus/ --out tokens -t v3-tekken
  mtok bulk run a.jsonl.zst b.jsonl.zst --out tokens --field content --bos=false
  mtok bulk run --out tokens`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd, args); err != nil {
				return err
			}
			return ofBulk(f.run(cmd.Context(), s, env, args))
		},
	}
	f.cmd = cmd
	f.tokenizer.addSource(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "directory of the results (needed)")
	flags.StringVar(&f.records, "records", "", "what a line is: jsonl or lines (default: by the files' names)")
	flags.StringVar(&f.options.Field, "field", "text", "field of a JSON object that is the text")
	flags.BoolVar(&f.options.BOS, "bos", true, "begin each document with the id for begin")
	flags.BoolVar(&f.options.EOS, "eos", true, "end each document with the id for end")
	flags.Var(&f.shard, "shard-bytes", "input that makes one file of the output")
	flags.Var(&f.record, "max-record", "longest record that is encoded; longer ones are rejected")
	flags.StringVar(&f.onError, "on-error", onErrors[0], "what to do with a bad record: quarantine or fail")
	flags.Var(&f.limit, "max-rejects", "records that may be rejected: a number, a share such as 0.1%, or none for any number")
	flags.DurationVar(&f.timeout, "record-timeout", 5*time.Minute, "longest time that a record may take")
	flags.IntVar(&f.workers, "workers", 0, "worker processes (default: one for each processor)")
	flags.BoolVar(&f.asJSON, "json", false, "print the manifest's totals as JSON")
	return cmd
}

// check finds what is wrong with the flags before any Python is started.
func (f *runFlags) check(cmd *cobra.Command, args []string) error {
	switch {
	case f.out == "":
		return usageError{errors.New("--out: give the directory of the results")}
	case f.workers < 0:
		return usageError{errors.New("--workers: the number must be above zero")}
	case f.timeout <= 0:
		return usageError{errors.New("--record-timeout: the time must be above zero")}
	case f.onError != "quarantine" && f.onError != "fail":
		return usageError{fmt.Errorf("--on-error: %q; there are quarantine and fail", f.onError)}
	case f.records != "" && f.records != recordKinds[0] && f.records != recordKinds[1]:
		return usageError{fmt.Errorf("--records: %q; there are jsonl and lines", f.records)}
	}
	if f.workers == 0 {
		f.workers = runtime.GOMAXPROCS(0)
	}
	f.options.Records, f.options.Output = plan.Records(f.records), "megatron"
	f.options.ShardBytes, f.options.MaxRecord = int64(f.shard), int64(f.record)
	var err error
	if f.was, err = bulk.ReadPlan(f.out); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usageError{err}
	}
	if err := bulk.CheckPlace(f.out); err != nil {
		return usageError{fmt.Errorf("--out: %w", err)}
	}
	if len(args) == 0 {
		if f.was == nil {
			return usageError{fmt.Errorf("no input: give the files or directories of the corpus; in %s no run was begun that could be gone on with", f.out)}
		}
		f.takeOver(cmd)
	}
	return f.tokenizer.check()
}

// takeOver takes what was not given from the run that is gone on with.
func (f *runFlags) takeOver(cmd *cobra.Command) {
	was := f.was.Options
	for flag, take := range map[string]func(){
		"records": func() { f.options.Records = was.Records }, "field": func() { f.options.Field = was.Field },
		"bos": func() { f.options.BOS = was.BOS }, "eos": func() { f.options.EOS = was.EOS },
		"shard-bytes": func() { f.options.ShardBytes = was.ShardBytes }, "max-record": func() { f.options.MaxRecord = was.MaxRecord },
		"tokenizer": func() { f.tokenizer.name = f.was.Tokenizer.Source },
	} {
		if !cmd.Flags().Changed(flag) {
			take()
		}
	}
}

// run plans and runs.
func (f *runFlags) run(ctx context.Context, s streams, env *envFlags, args []string) error {
	inputs, err := f.inputs(ctx, s, args)
	if err != nil {
		return err
	}
	if f.options.Records == plan.Lines {
		f.options.Field = ""
	}
	p := &plan.Plan{Format: plan.Format, Options: f.options, Tokenizer: plan.Tokenizer{Source: f.tokenizer.name},
		Inputs: inputs, Shards: plan.Divide(inputs, f.options.ShardBytes)}
	if f.was != nil {
		if err := f.was.Asked(p, f.out); err != nil {
			return err
		}
	}
	rt, done, err := env.open(ctx, s, append(bulkOptions(f.workers), bridge.WithTimeLimit(f.timeout))...)
	if err != nil {
		return err
	}
	defer done()
	tok, err := f.tokenizer.load(ctx, rt)
	if err != nil {
		return err
	}
	p.MadeBy = bulk.MadeBy(programVersion(), rt.Info())
	if p.Tokenizer, err = bulk.Identify(ctx, tok, f.tokenizer.name); err != nil {
		return err
	}
	dir, err := store.Open(f.out, atPoint)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := bulk.Begin(dir, p); err != nil {
		return err
	}
	progress := bulk.NewProgress(p)
	stop := func() {}
	if !f.asJSON {
		stop = progress.Show(s.err, isTerminal(s.err), columns(streams{out: s.err}))
	}
	m, err := bulk.Run(ctx, bulk.Config{
		Dir: dir, Plan: p, Encode: bulk.EncodeWith(tok, p.Options), Parallel: f.workers, FailFast: f.onError == "fail",
		Limit: f.limit.Limit, Progress: progress, At: atPoint,
	})
	stop()
	if err != nil {
		return err
	}
	return printTotals(s, m, f.asJSON)
}

// inputs finds and reads what the corpus is.
func (f *runFlags) inputs(ctx context.Context, s streams, args []string) ([]source.File, error) {
	var known []source.File
	if f.was != nil {
		known = f.was.Inputs
	}
	var names []string
	if len(args) == 0 {
		for _, file := range known {
			names = append(names, file.Path)
		}
	} else {
		var err error
		if names, err = plan.Find(args, f.out); err != nil {
			return nil, usageError{err}
		}
	}
	if f.options.Records == "" {
		var err error
		if f.options.Records, err = plan.Guess(names); err != nil {
			return nil, usageError{err}
		}
	}
	return plan.Examine(ctx, names, known, f.workers, func(file source.File) {
		if file.Packing != source.Plain && file.Stored > 64<<20 {
			fmt.Fprintf(s.err, "mtok: %s: %s, %s unpacked\n", visible(file.Path), bulk.Size(file.Stored), bulk.Size(file.Bytes))
		}
	})
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
		counted(int(c.Documents), "document"), bulk.Size(c.Bytes), counted(int(c.Tokens), "token"), counted(int(c.Rejected), "record"), c.Empty, m.Digest)
	return err
}
