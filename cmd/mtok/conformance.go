package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance"
	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// conformanceFlags say what is scored and how.
type conformanceFlags struct {
	impls, write, categories []string
	adapters                 string
	least                    float64
	timeout, start           time.Duration
	asJSON                   bool
	cfg                      conformance.Config
}

func newConformance(s streams, env *envFlags) *cobra.Command {
	f := &conformanceFlags{}
	cmd := &cobra.Command{
		Use:   "conformance",
		Short: "Score a tokenizer in any language against the reference",
		Long: `conformance starts a program that speaks a small part of the line protocol, asks it
and the reference the same questions, and compares the answers token by token. It
reports what passed in each category, and the smallest input that fails.

docs/CONFORMANCE.md says how to write such a program. The exit code is 1 if one of
--impl passes less than --min of the checks that it supports.`,
		Example: `  mtok conformance --impl 'node mine.mjs' --write report.html
  mtok conformance --impl 'mtok exec' --tokenizer v3-tekken
  mtok conformance --adapters adapters --write docs/CONFORMANCE.md
  mtok conformance export --tokenizer v3 > v3.jsonl`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runConformance(cmd.Context(), s, env, f)
		},
	}
	p := cmd.PersistentFlags()
	p.StringSliceVarP(&f.cfg.Tokenizers, "tokenizer", "t", nil, "only these: "+strings.Join(conformance.Tokenizers(), ", "))
	p.StringSliceVar(&f.categories, "category", nil, "only these: "+joinCategories())
	fl := cmd.Flags()
	fl.StringArrayVar(&f.impls, "impl", nil, "command of a program to score, for sh; may be given more than once")
	fl.StringVar(&f.adapters, "adapters", "", "directory of adapters to install and run for comparison")
	fl.StringArrayVar(&f.write, "write", nil, "write a report to this .html, .json, .md, .txt or .xml (JUnit) file too")
	fl.Float64Var(&f.least, "min", 1, "part of the checks that each --impl has to pass")
	fl.DurationVar(&f.timeout, "timeout", 10*time.Second, "how long an answer may take")
	fl.DurationVar(&f.start, "start-timeout", time.Minute, "how long starting and loading may take")
	fl.IntVar(&f.cfg.Probes, "probes", 400, "how often to ask to make a failing input smaller; -1: leave it")
	fl.BoolVar(&f.cfg.NoSpeed, "no-speed", false, "leave the measurement of time out")
	fl.BoolVar(&f.asJSON, "json", false, "print the report as JSON")
	cmd.AddCommand(newConformanceExport(s, env, f))
	return cmd
}

func newConformanceExport(s streams, env *envFlags, f *conformanceFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "export",
		Short: "Write the corpus and the reference's answers as JSON Lines",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			rt, done, err := env.open(cmd.Context(), s, bridge.WithMemo(0))
			if err != nil {
				return err
			}
			defer done()
			return conformance.Export(cmd.Context(), conformance.NewEmbedded(rt), newReport(rt.Info()), f.cfg, s.out)
		},
	}
}

func runConformance(ctx context.Context, s streams, env *envFlags, f *conformanceFlags) error {
	if len(f.impls) == 0 && f.adapters == "" {
		return usageError{errors.New("nothing to score: give --impl 'COMMAND' or --adapters DIR")}
	}
	if err := f.check(); err != nil {
		return err
	}
	rt, done, err := env.open(ctx, s, bridge.WithMemo(0)) // what was asked before must not be quicker
	if err != nil {
		return err
	}
	defer done()
	subjects, err := f.subjects(ctx, s, env)
	if err != nil {
		return err
	}
	f.cfg.Told = func(format string, args ...any) { fmt.Fprintf(s.err, "mtok: "+format+"\n", args...) }
	report := newReport(rt.Info())
	if report.Entries, err = conformance.Run(ctx, conformance.NewEmbedded(rt), subjects, f.cfg); err != nil {
		return err
	}
	for _, path := range f.write {
		if err := report.WriteFile(path); err != nil {
			return err
		}
	}
	print := report.WriteText
	if f.asJSON {
		print = report.WriteJSON
	}
	if err := print(s.out); err != nil {
		return err
	}
	if !report.Pass(f.least) {
		return errQuiet
	}
	return nil
}

// check finds what is wrong with the flags before any Python is started.
func (f *conformanceFlags) check() error {
	for _, name := range f.cfg.Tokenizers {
		if !slices.Contains(conformance.Tokenizers(), name) {
			return usageError{fmt.Errorf("--tokenizer: there is no %q; there are %s", name, strings.Join(conformance.Tokenizers(), ", "))}
		}
	}
	for _, name := range f.categories {
		if !slices.Contains(corpus.Categories(), corpus.Category(name)) {
			return usageError{fmt.Errorf("--category: there is no %q; there are %s", name, joinCategories())}
		}
		f.cfg.Categories = append(f.cfg.Categories, corpus.Category(name))
	}
	for _, path := range f.write {
		if err := conformance.CheckName(path); err != nil {
			return usageError{fmt.Errorf("--write: %w", err)}
		}
		if err := checkPlace("--write", path); err != nil {
			return err
		}
	}
	if f.least < 0 || f.least > 1 {
		return usageError{fmt.Errorf("--min: %g is no part of the checks; it is between 0 and 1", f.least)}
	}
	if f.adapters != "" {
		if _, err := os.ReadDir(f.adapters); err != nil {
			return usageError{fmt.Errorf("--adapters: %w", err)}
		}
	}
	if f.timeout <= 0 || f.start <= 0 {
		return usageError{errors.New("--timeout, --start-timeout: the time must be above zero")}
	}
	return nil
}

func (f *conformanceFlags) subjects(ctx context.Context, s streams, env *envFlags) ([]conformance.Subject, error) {
	var all []conformance.Subject
	for _, line := range f.impls {
		all = append(all, conformance.Subject{Command: conformance.Command{Line: line, Env: env.quiet()}, Judged: true})
	}
	if f.adapters != "" {
		cache, err := adapterCache(env)
		if err != nil {
			return nil, err
		}
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		adapters, err := conformance.Adapters(ctx, f.adapters, cache, self, s.err, env.quiet()...)
		if err != nil {
			return nil, usageError{fmt.Errorf("--adapters: %w", err)}
		}
		all = append(all, adapters...)
	}
	for i := range all {
		all[i].Command.Timeout, all[i].Command.Start = f.timeout, f.start
	}
	return all, nil
}

// adapterCache is the cache directory, as bridge.WithCacheDir describes it.
func adapterCache(env *envFlags) (string, error) {
	for _, dir := range []string{env.cache, os.Getenv("MTOK_CACHE")} {
		if dir != "" {
			return filepath.Abs(dir)
		}
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "mistralbridge"), err
}

func newReport(info bridge.Info) conformance.Report {
	r := conformance.Report{Corpus: corpus.Name(), Cases: len(corpus.All()), Python: info.Python, Packages: map[string]string{}}
	for _, name := range []string{"mistral-common", "sentencepiece", "tiktoken"} {
		r.Packages[name] = info.Packages[name]
	}
	return r
}

func joinCategories() string {
	names := make([]string, len(corpus.Categories()))
	for i, c := range corpus.Categories() {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}
