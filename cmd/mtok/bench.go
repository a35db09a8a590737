package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bench"
)

func newBench(s streams, env *envFlags) *cobra.Command {
	var names []string
	var cfg bench.Config
	var asJSON, noGaps, vllm bool
	var markdown string
	var workers int
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the bridge against the plain Python call, in one process and one run",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkBench(names, cfg.Filter, workers, markdown); err != nil {
				return err
			}
			ctx := cmd.Context()
			if workers > 0 {
				return benchWorkers(ctx, s, env, names, workers, asJSON)
			}
			if !bridge.Embeddable() {
				return errNotEmbedded("bench", "give it --workers")
			}
			rt, done, err := env.open(ctx, s)
			if err != nil {
				return err
			}
			defer done()
			var list []bench.Named
			for _, name := range names {
				one, err := loadTarget(ctx, rt, name, vllm)
				if err != nil {
					return err
				}
				list = append(list, bench.Named{Name: one.Name, Target: one.Target, Tokenizer: one.tokenizer})
			}
			cfg.Log = s.err
			if noGaps {
				cfg.GapKB = []int{}
			}
			report, err := bench.Run(ctx, rt.Info(), list, cfg)
			if err != nil {
				return err
			}
			if markdown != "" {
				if err := writePage(report, markdown); err != nil {
					return err
				}
			}
			if asJSON {
				return report.WriteJSON(s.out)
			}
			if markdown == "" {
				return report.WriteMarkdown(s.out, "mtok bench", "benchmarks.svg")
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringSliceVarP(&names, "tokenizer", "t", []string{"v3", "v3-tekken"}, tokenizerUsage+"; several with commas")
	f.IntVar(&workers, "workers", 0, "measure this many worker processes against one, and nothing else")
	f.StringVar(&cfg.Filter, "case", "", "only the cases whose name contains this")
	f.BoolVar(&vllm, "vllm", false, "measure vLLM's function instead of mistral_common's")
	f.BoolVar(&noGaps, "no-gaps", false, "leave the measurement of stalls out")
	f.BoolVar(&asJSON, "json", false, "print one JSON object a line")
	f.StringVar(&markdown, "write", "", "write a Markdown page here, and its picture beside it")
	return cmd
}

// checkBench finds what is wrong with the flags before any Python is started.
func checkBench(names []string, filter string, workers int, page string) error {
	if !slices.ContainsFunc(caseNames(), func(name string) bool { return strings.Contains(name, filter) }) {
		return usageError{fmt.Errorf("--case: no case has %q in its name; there are %s", filter, strings.Join(caseNames(), "; "))}
	}
	if workers < 0 {
		return usageError{errors.New("--workers: the number must not be negative")}
	}
	return errors.Join(checkSources("--tokenizer", names), checkPlace("--write", page))
}

// caseNames are those that --case is compared with, each once.
func caseNames() (names []string) {
	for _, c := range bench.Cases() {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

func writePage(r *bench.Report, path string) error {
	var page, picture bytes.Buffer
	name := strings.ToLower(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))) + ".svg"
	if err := r.WriteMarkdown(&page, "make bench", name); err != nil {
		return err
	}
	if err := r.WriteSVG(&picture); err != nil {
		return err
	}
	if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil { //nolint:gosec // a document
		return err
	}
	return os.WriteFile(filepath.Join(filepath.Dir(path), name), picture.Bytes(), 0o644) //nolint:gosec // a document
}
