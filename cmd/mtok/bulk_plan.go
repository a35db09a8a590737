package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// planFlags say what is made, and where.
type planFlags struct {
	tokenizer tokenizerFlags
	out       string
	options   plan.Options
	records   string
	typ       string
	shard     sizeFlag
	record    sizeFlag
	was       *plan.Plan // that was begun in out, nil for none
}

// types are what --type may be.
var types = []string{plan.Text.String(), plan.Chat.String(), plan.OpenAI.String()}

var recordKinds = []string{string(plan.JSONL), string(plan.Lines), string(plan.Rows)}

func newBulkPlan(s streams, env *envFlags) *cobra.Command {
	f := &planFlags{}
	cmd := &cobra.Command{
		Use:   "plan IN… --out DIR",
		Short: "Divide a corpus into shards, for mtok bulk work on many machines",
		Long: `plan writes DIR/plan.json: inputs, options, versions, tokenizer and shards, and encodes
nothing. The tasks of an array, mtok bulk work, make the shards; mtok bulk run --out DIR
does so on one machine.`,
		Example: `  mtok bulk plan corpus/ --out tokens -t v3-tekken`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd, args); err != nil {
				return err
			}
			return ofBulk(f.run(cmd.Context(), s, env, args))
		},
	}
	f.add(cmd)
	return cmd
}

// add adds the flags.
func (f *planFlags) add(cmd *cobra.Command) {
	f.shard, f.record = 256<<20, 64<<20
	f.tokenizer.addSource(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "directory or URL of the results (needed)")
	flags.StringVar(&f.options.Output, "format", bulk.Megatron, "format of the output: "+strings.Join(bulk.Formats(), ", "))
	flags.StringVar(&f.records, "records", "", "kind of record: jsonl, lines or parquet (default: by the files' names)")
	flags.StringVar(&f.typ, "type", types[0], "what a record is: text; chat, a request of mistral_common; openai, the body of a chat completion")
	flags.StringVar(&f.options.Field, "field", "text", "field of a JSON object, or column of Parquet, that is the text or chat (default for chats: the record itself)")
	flags.StringVar(&f.options.Mode, "mode", string(bridge.Finetuning), "validation mode of chats: "+strings.Join(modes, ", "))
	flags.BoolVar(&f.options.LastOnly, "last-only", false, "chats: train on the last assistant message only")
	flags.BoolVar(&f.options.WithoutThinking, "without-thinking", false, "chats: do not train on thinking")
	flags.BoolVar(&f.options.WithoutToolCalls, "without-tool-calls", false, "chats: do not train on tool calls")
	flags.BoolVar(&f.options.BOS, "bos", true, "begin each document with the id for begin")
	flags.BoolVar(&f.options.EOS, "eos", true, "end each document with the id for end")
	flags.Var(&f.shard, "shard-bytes", "input that makes one file of the output")
	flags.Var(&f.record, "max-record", "longest record that is encoded; longer ones are rejected")
}

// check finds what is wrong with the flags before any Python is started.
func (f *planFlags) check(cmd *cobra.Command, args []string) error {
	switch {
	case f.out == "":
		return usageError{errors.New("--out: give the directory of the results")}
	case f.records != "" && !slices.Contains(recordKinds, f.records):
		return usageError{fmt.Errorf("--records: %q; there are jsonl, lines and parquet", f.records)}
	case !slices.Contains(bulk.Formats(), f.options.Output):
		return usageError{fmt.Errorf("--format: %q; there are %s", f.options.Output, strings.Join(bulk.Formats(), ", "))}
	case f.options.Field == "":
		return usageError{errors.New("--field: give the name of a field or column")}
	}
	f.options.Records = plan.Records(f.records)
	f.options.ShardBytes, f.options.MaxRecord = int64(f.shard), int64(f.record)
	dir, err := store.At(cmd.Context(), f.out)
	if err != nil {
		return usageError{fmt.Errorf("--out: %w", err)}
	}
	defer dir.Close()
	f.was, err = bulk.ReadPlan(dir)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
	case object.IsURL(f.out): // most likely a service that cannot be reached
		return err
	default:
		return usageError{err}
	}
	if err := bulk.CheckPlace(dir); err != nil {
		return usageError{fmt.Errorf("--out: %w", err)}
	}
	resumes := len(args) == 0
	if resumes && f.was == nil {
		return usageError{fmt.Errorf("no input: give the files or directories of the corpus; in %s there is no run to resume", f.out)}
	}
	if resumes && !cmd.Flags().Changed("type") {
		f.typ = f.was.Options.Type.String()
	}
	if err := f.checkType(cmd.Flags().Changed); err != nil {
		return err
	}
	if resumes {
		f.takeOver(cmd)
	}
	return f.tokenizer.check()
}

// checkType finds what does not go with what is encoded.
func (f *planFlags) checkType(given func(flag string) bool) error {
	var wrong []string
	switch f.typ {
	case plan.Chat.String(), plan.OpenAI.String():
		f.options.Type = plan.Type(f.typ)
		wrong = []string{"bos", "eos"}
	case plan.Text.String():
		wrong = []string{"mode", "last-only", "without-thinking", "without-tool-calls"}
	default:
		return usageError{fmt.Errorf("--type: %q; there are %s", f.typ, strings.Join(types, ", "))}
	}
	if i := slices.IndexFunc(wrong, given); i >= 0 {
		return usageError{fmt.Errorf("--%s does not go with --type %s", wrong[i], f.typ)}
	}
	if !f.options.Type.IsChat() {
		return nil
	}
	f.options.BOS, f.options.EOS = false, false // a chat has its own
	if !given("field") {
		f.options.Field = ""
	}
	switch {
	case !slices.Contains(modes, f.options.Mode):
		return usageError{fmt.Errorf("--mode: there is no mode %q; there are %s", f.options.Mode, strings.Join(modes, ", "))}
	case !slices.Contains(bulk.ChatFormats(), f.options.Output):
		return usageError{fmt.Errorf("--format: %s has no loss masks, which chats have; there are %s", f.options.Output, strings.Join(bulk.ChatFormats(), ", "))}
	}
	return nil
}

// takeOver takes what was not given from the run that is resumed.
func (f *planFlags) takeOver(cmd *cobra.Command) {
	was := f.was.Options
	for flag, take := range map[string]func(){
		"records": func() { f.options.Records = was.Records }, "field": func() { f.options.Field = was.Field },
		"mode": func() { f.options.Mode = was.Mode }, "last-only": func() { f.options.LastOnly = was.LastOnly },
		"without-thinking": func() { f.options.WithoutThinking = was.WithoutThinking }, "without-tool-calls": func() { f.options.WithoutToolCalls = was.WithoutToolCalls },
		"format": func() { f.options.Output = was.Output },
		"bos":    func() { f.options.BOS = was.BOS }, "eos": func() { f.options.EOS = was.EOS },
		"shard-bytes": func() { f.options.ShardBytes = was.ShardBytes }, "max-record": func() { f.options.MaxRecord = was.MaxRecord },
		"tokenizer": func() { f.tokenizer.name = f.was.Tokenizer.Source },
	} {
		if !cmd.Flags().Changed(flag) {
			take()
		}
	}
}

// run plans, and says what there is to do.
func (f *planFlags) run(ctx context.Context, s streams, env *envFlags, args []string) error {
	p, err := f.plan(ctx, s, args)
	if err != nil {
		return err
	}
	rt, done, err := env.open(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	if _, err := loadFor(ctx, rt, &f.tokenizer, p); err != nil {
		return err
	}
	dir, err := f.begin(ctx, p)
	if err != nil {
		return err
	}
	defer dir.Close()
	_, err = fmt.Fprintf(s.out, "%s of %s in %s\nplan %.12s\n", counted(len(p.Shards), "shard"), bulk.Size(p.Bytes()), counted(len(p.Inputs), "file"), p.ID())
	return err
}

// plan reads the input, and is what there is to do but for the tokenizer.
func (f *planFlags) plan(ctx context.Context, s streams, args []string) (*plan.Plan, error) {
	inputs, groups, err := f.inputs(ctx, s, args)
	if err != nil {
		return nil, err
	}
	if f.options.Records == plan.Lines {
		f.options.Field = ""
	}
	if !f.options.Type.IsChat() {
		f.options.Mode = ""
	}
	p := &plan.Plan{Format: plan.Format, Options: f.options, Tokenizer: plan.Tokenizer{Source: f.tokenizer.name},
		Inputs: inputs, Shards: plan.Divide(inputs, groups, f.options.ShardBytes)}
	if f.was != nil {
		err = f.was.Asked(p, f.out)
	}
	return p, err
}

// loadFor loads the tokenizer, and puts into the plan which one it is.
func loadFor(ctx context.Context, rt *bridge.Runtime, tf *tokenizerFlags, p *plan.Plan) (*bridge.Tokenizer, error) {
	tf.mode = cmp.Or(p.Options.Mode, tf.mode)
	tok, err := tf.load(ctx, rt)
	if err != nil {
		return nil, err
	}
	p.MadeBy = bulk.MadeBy(programVersion(), rt.Info())
	p.Tokenizer, err = bulk.Identify(ctx, tok, tf.name)
	return tok, err
}

// begin stores the plan.
func (f *planFlags) begin(ctx context.Context, p *plan.Plan) (store.Store, error) {
	dir, err := store.Open(ctx, f.out, atPoint)
	if err != nil {
		return nil, err
	}
	if err := bulk.Begin(dir, p); err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return dir, nil
}

// inputs finds and reads what the corpus is.
func (f *planFlags) inputs(ctx context.Context, s streams, args []string) ([]source.File, plan.Groups, error) {
	var known []source.File
	if f.was != nil {
		known = f.was.Inputs
	}
	names := make([]string, 0, len(known))
	if len(args) == 0 {
		for _, file := range known {
			names = append(names, file.Path)
		}
	} else {
		var err error
		if names, err = plan.Find(ctx, args, f.out); err != nil {
			return nil, nil, usageError{err}
		}
	}
	if f.options.Records == "" {
		var err error
		if f.options.Records, err = plan.Guess(names); err != nil {
			return nil, nil, usageError{err}
		}
	}
	column := ""
	switch chat := f.options.Type.IsChat(); {
	case chat && f.options.Records == plan.Lines:
		return nil, nil, usageError{fmt.Errorf("--type %s: chats are in JSON: give --records jsonl, or parquet", f.options.Type)}
	case chat && f.options.Records == plan.Rows && f.options.Field == "":
		return nil, nil, usageError{fmt.Errorf("--field: give the column of Parquet that is the chat, in JSON")}
	case f.options.Records == plan.Rows:
		column = f.options.Field
	}
	return plan.Examine(ctx, names, column, known, runtime.GOMAXPROCS(0), func(file source.File) {
		if (file.Packing == source.Gzip || file.Packing == source.Zstd) && file.Stored > 64<<20 {
			fmt.Fprintf(s.err, "mtok: %s: %s, %s unpacked\n", visible(file.Path), bulk.Size(file.Stored), bulk.Size(file.Bytes))
		}
	})
}
