package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

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
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if workers > 0 {
				return benchWorkers(ctx, s, env, names, workers, asJSON)
			}
			rt, done, err := env.open(ctx, s)
			if err != nil {
				return err
			}
			defer done()
			var list []bench.Named
			for _, name := range names {
				one, err := loadSubject(ctx, rt, name, vllm)
				if err != nil {
					return err
				}
				list = append(list, bench.Named{Name: one.Name, Subject: one.Subject, Tokenizer: one.tokenizer})
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
	f.StringSliceVar(&names, "tokenizer", []string{"v3", "v3-tekken"}, "shipped name, file, model directory or model id")
	f.IntVar(&workers, "workers", 0, "measure this many worker processes against one, and nothing else")
	f.StringVar(&cfg.Filter, "case", "", "only the cases whose name contains this")
	f.BoolVar(&vllm, "vllm", false, "measure vLLM's function instead of mistral_common's")
	f.BoolVar(&noGaps, "no-gaps", false, "leave the measurement of stalls out")
	f.BoolVar(&asJSON, "json", false, "print one JSON object a line")
	f.StringVar(&markdown, "write", "", "write a Markdown page here, and its picture beside it")
	return cmd
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
