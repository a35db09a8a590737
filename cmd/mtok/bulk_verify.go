package main

import (
	"cmp"
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

func newBulkVerify(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var sample float64
	var outputs, asJSON bool
	cmd := &cobra.Command{
		Use:   "verify DIR",
		Short: "Hold what a run has made against its input and the tokenizer",
		Long: `verify reads all files of a run, and its input, again. It checks that each file is what
was committed and each index right; that ids are in the vocabulary, and documents begin and
end as they should; that every byte of the input was read once, and each record is a document
or a reject; that counts add up. Of --sample percent of the records it makes the ids, and
loss masks, once more, without any shortcut, and compares them. It ends with 1 if anything differs.`,
		Example: `  mtok bulk verify tokens
  mtok bulk verify --sample 100 tokens
  mtok bulk verify --outputs-only tokens`,
		Args: oneDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !(sample >= 0 && sample <= 100) {
				return usageError{fmt.Errorf("--sample: %v; it wants percent, from 0 to 100", sample)}
			}
			if err := tf.checkRevision(); err != nil {
				return err
			}
			ctx := cmd.Context()
			dir, err := store.At(ctx, args[0])
			if err != nil {
				return usageError{err}
			}
			defer dir.Close()
			p, err := bulk.ReadPlan(dir)
			if err != nil {
				return noRun(args[0], err)
			}
			c := bulk.VerifyConfig{Dir: dir, Sample: sample / 100}
			if !outputs {
				encode, done, err := plainEncode(ctx, s, env, &tf, p)
				if err != nil {
					return err
				}
				defer done()
				c.Encode = encode
			}
			report, err := bulk.Verify(ctx, c)
			if err != nil {
				return ofBulk(err)
			}
			return printReport(s, report, asJSON)
		},
	}
	tf.addHub(cmd)
	cmd.Flags().Float64Var(&sample, "sample", 0.1, "percent of the records that are encoded once more")
	cmd.Flags().BoolVar(&outputs, "outputs-only", false, "look at the output alone: needs neither the input nor a Python")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

// plainEncode is the plan's tokenizer without shortcuts.
func plainEncode(ctx context.Context, s streams, env *envFlags, tf *tokenizerFlags, p *plan.Plan) (bulk.Encode, func(), error) {
	rt, done, err := env.open(ctx, s, append(bulkOptions(runtime.GOMAXPROCS(0)), bridge.WithoutShortcuts())...)
	if err != nil {
		return nil, nil, err
	}
	tok, err := loadOf(ctx, rt, tf, p)
	if err != nil {
		done()
		return nil, nil, err
	}
	return bulk.EncodePlainly(tok, p.Options), done, nil
}

// loadOf loads the tokenizer of a plan, which has to be the same as ever.
func loadOf(ctx context.Context, rt *bridge.Runtime, tf *tokenizerFlags, p *plan.Plan) (*bridge.Tokenizer, error) {
	tf.name, tf.mode = p.Tokenizer.Source, cmp.Or(p.Options.Mode, tf.mode)
	tok, err := tf.load(ctx, rt)
	if err != nil {
		return nil, err
	}
	is, err := bulk.Identify(ctx, tok, p.Tokenizer.Source)
	if err == nil && is != p.Tokenizer {
		err = environmentError{fmt.Errorf("%s is another tokenizer than the run was made with", visible(p.Tokenizer.Source))}
	}
	return tok, err
}

func printReport(s streams, r *bulk.Report, asJSON bool) error {
	if asJSON {
		if err := printJSON(s.out, r); err != nil {
			return err
		}
	} else {
		p := &printer{w: s.out}
		for _, d := range r.Differences {
			p.line("✗ %s", visible(d))
		}
		if r.More > 0 {
			p.line("✗ and %d more", r.More)
		}
		p.line("%s, %s: %d records were read again, %d of them encoded again", counted(r.Shards, "shard"), counted(int(r.Documents), "document"), r.Records, r.Reencoded)
		if len(r.Differences) == 0 {
			p.line("✓ digest %s", r.Digest)
		}
		if p.err != nil {
			return p.err
		}
	}
	if len(r.Differences) > 0 {
		return errQuiet
	}
	return nil
}
