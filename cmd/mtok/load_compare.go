package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/loadtest"
)

// compareFlags say which servers are compared, and how long.
type compareFlags struct {
	mistral, vllm string
	workers       int
	rounds        int
	time          time.Duration
	write         string
	asJSON        bool
}

func newLoadCompare(s streams, env *envFlags) *cobra.Command {
	f := &compareFlags{}
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Measure mtok serve beside mistral_common's and vLLM's servers, in one run",
		Long: `compare starts mtok serve, with Python inside and on worker processes, mistral_common's
own server and vLLM's two render servers, looks whether their tokens are equal, and puts
one after another under the same loads, in turn. What cannot be run, and which tokens
are others, is said, and stands in the report. make load builds the environments.

The exit code is 1 if something was not run, an answer was not as it should be, or a
server has other tokens; vLLM's render server in Rust, which has a tokenizer of its own,
may have them.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.workers < 1 || f.rounds < 1 || f.time <= 0 {
				return usageError{errors.New("--workers, --rounds, --time: there must be some")}
			}
			if err := checkPlace("--write", f.write); err != nil {
				return err
			}
			return compareLoad(cmd.Context(), s, env, f)
		},
	}
	p := cmd.Flags()
	p.StringVar(&f.mistral, "mistral-common", "", "interpreter of an environment with mistral-common[server]")
	p.StringVar(&f.vllm, "vllm", "", "interpreter of an environment with vLLM")
	p.IntVar(&f.workers, "workers", serveWorkers(), "worker processes of mtok serve where it has some")
	p.Lookup("workers").DefValue = "as many as processors"
	p.IntVar(&f.rounds, "rounds", 3, "how often each is measured where nothing streams beside it")
	p.DurationVar(&f.time, "time", 3*time.Second, "of one measurement; half as long again where large requests stream beside")
	p.StringVar(&f.write, "write", "", "write a Markdown page here")
	p.BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}

func compareLoad(ctx context.Context, s streams, env *envFlags, f *compareFlags) error {
	dir, err := os.MkdirTemp("", "mtok-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	found, err := bridge.Setup(ctx, env.options(s)...)
	if err != nil {
		return environmentError{err}
	}
	mtok, err := os.Executable()
	if err != nil {
		return err
	}
	cfg := loadtest.Config{Rounds: f.rounds, Time: f.time, Dir: dir, Log: s.err, Versions: map[string]map[string]string{}}
	for _, c := range []loadtest.Command{loadtest.Ours(mtok, 0), loadtest.Ours(mtok, f.workers)} {
		cfg.Commands = append(cfg.Commands, c)
		cfg.Versions[c.Name] = map[string]string{"Python": found.Version, "mistral-common": found.Packages["mistral-common"]}
	}
	cfg.Add("mistral_common serve", f.mistral, "--mistral-common", func(python string) (loadtest.Command, map[string]string, error) {
		v, err := loadtest.Versions(ctx, python, "mistral-common", "uvicorn")
		return loadtest.MistralCommon(python), v, err
	})
	cfg.Add("vllm launch render", f.vllm, "--vllm", func(python string) (loadtest.Command, map[string]string, error) {
		v, err := loadtest.Versions(ctx, python, "vllm", "mistral-common", "uvicorn")
		if err != nil {
			return loadtest.Command{}, nil, err
		}
		c, err := loadtest.VLLM(ctx, python, dir)
		return c, v, err
	})
	cfg.Add("vllm-rs render", f.vllm, "--vllm", func(python string) (loadtest.Command, map[string]string, error) {
		v, err := loadtest.Versions(ctx, python, "vllm")
		if err != nil {
			return loadtest.Command{}, nil, err
		}
		delete(v, "Python") // it is none of it
		c, err := loadtest.VLLMRust(ctx, mtok, python, dir)
		return c, v, err
	})
	// Those that it starts itself are asked all the same.
	for i := range cfg.Commands {
		cfg.Commands[i].Env = append(cfg.Commands[i].Env, env.quiet()...)
	}
	report, err := loadtest.Compare(ctx, cfg)
	if err != nil {
		return err
	}
	if err := writeLoad(s, f, report); err != nil {
		return err
	}
	if len(report.NotRun) > 0 || report.Bad() > 0 {
		return errQuiet
	}
	return nil
}

func writeLoad(s streams, f *compareFlags, report *loadtest.Report) error {
	var page bytes.Buffer
	if err := report.WriteMarkdown(&page, "make load"); err != nil {
		return err
	}
	if f.write != "" {
		if err := os.WriteFile(f.write, page.Bytes(), 0o644); err != nil { //nolint:gosec // a document
			return err
		}
	}
	if f.asJSON {
		return report.WriteJSON(s.out)
	}
	if f.write == "" {
		_, err := s.out.Write(page.Bytes())
		return err
	}
	return nil
}
