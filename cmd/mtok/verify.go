package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
	"github.com/mistralbridge/mistralbridge/cmd/internal/target"
	"github.com/mistralbridge/mistralbridge/cmd/internal/verify"
)

func newVerify(s streams, env *envFlags) *cobra.Command {
	var names []string
	var sizes []int
	var asJSON, vllm, noClock bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that nothing stalls, that the tokens are exact, and what crossing costs",
		Long: `verify makes three checks on the real mistral_common, for each tokenizer:
nothing stalls while 500 KB are encoded (every wake-up gap of a goroutine that
ticks each millisecond is measured; the longest must be below 100 ms); the tokens
of the sync, the async and the plain Python call are the same; and the overhead
over the plain Python call, timed in the same interpreter, is below 5 %.

The clock decides two of these, and on a busy machine it measures others too. So
the calls are timed in turn and compared pair by pair, what a computation in place
of the call sees is compared with what the call sees, and it is measured how much
of the processors others took and how long Python's thread waited for one. While
they took no more than a tenth of one, or left two free, everything is judged by
the clock. Otherwise waiting is left out; a check that then still passes or fails
beyond doubt does, and any other says "not judged: the machine is busy". Exit code
0: nothing failed, and the tokens are the same; --json has judged and reason.

--no-clock checks the tokens alone, where a clock means nothing: under an emulator.

With --vllm the call is vLLM's apply_mistral_chat_template instead, or what became
of it, in the environment of --env: mtok verify --vllm --env vllm-0.11.2.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, kb := range sizes {
				if kb < 1 {
					return usageError{fmt.Errorf("--sizes: %d: sizes are in KB, from 1 on", kb)}
				}
			}
			if err := checkSources("--tokenizer", names); err != nil {
				return err
			}
			if !bridge.Embeddable() {
				return errNotEmbedded("verify", "let a build with cgo verify this machine")
			}
			ctx := cmd.Context()
			rt, done, err := env.open(ctx, s, bridge.WithMemo(0)) // what was seen before must not count
			if err != nil {
				return err
			}
			defer done()
			var list []verify.Named
			for _, name := range names {
				one, err := loadTarget(ctx, rt, name, vllm)
				if err != nil {
					return err
				}
				list = append(list, one.Named)
			}
			cfg := verify.Config{Sizes: sizes, NoClock: noClock}
			if !asJSON {
				cfg.Told = &verify.Printer{W: s.out}
			}
			report, err := verify.Run(ctx, rt.Info(), list, cfg)
			if err != nil {
				return err
			}
			if asJSON {
				out := json.NewEncoder(s.out)
				out.SetIndent("", "  ")
				if err := out.Encode(report); err != nil {
					return err
				}
			}
			if !report.Pass {
				return errQuiet
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVarP(&names, "tokenizer", "t", []string{"v3", "v3-tekken"}, tokenizerUsage+"; several with commas")
	cmd.Flags().IntSliceVar(&sizes, "sizes", nil, "payload sizes in KB (default 1,100,439,500 and, for the overhead, 1,100,500)")
	cmd.Flags().BoolVar(&vllm, "vllm", false, "check vLLM's function instead of mistral_common's")
	cmd.Flags().BoolVar(&noClock, "no-clock", false, "check the tokens alone, nothing by the clock")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print every figure as JSON")
	return cmd
}

// loaded is a target of verify and bench; tokenizer is nil for vLLM's.
type loaded struct {
	verify.Named
	tokenizer *bridge.Tokenizer
}

func loadTarget(ctx context.Context, rt *bridge.Runtime, name string, withVLLM bool) (loaded, error) {
	if withVLLM {
		v, err := vllm.Load(ctx, rt, parseSource(name))
		if err != nil {
			return loaded{}, explainUnknown(ctx, rt, name, err)
		}
		d := v.Describe()
		desc := bridge.Description{Class: d.Class, Raw: "vLLM " + d.Version}
		return loaded{verify.Named{Name: name, Desc: desc, Target: target.VLLM(v)}, nil}, nil
	}
	tok, err := rt.Load(ctx, parseSource(name))
	if err != nil {
		return loaded{}, explainUnknown(ctx, rt, name, err)
	}
	return loaded{verify.Named{Name: name, Desc: tok.Describe(), Target: target.Tokenizer(tok)}, tok}, nil
}
