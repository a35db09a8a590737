package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

// streams are where a command reads and writes: data on out, all else on err.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	return exitCode(root.ExecuteContext(ctx), s.err)
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "mtok",
		Short: "Exact Mistral tokens, from the real mistral_common inside",
		Long: `mtok carries a CPython and runs the real mistral_common in it. The first
command builds its environment in the user cache: it fetches 44 packages, 119 MB.
After that each command takes the seconds in which Python starts and imports it.

Exit codes: 0 ok, 1 failure, 2 usage, 3 environment, or what --offline forbids,
4 the reference rejected the input.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	env := addEnvFlags(root)
	for _, add := range []func(streams, *envFlags) *cobra.Command{
		newVerify, newBench, newConformance, newSetup, newDoctor, newEncode, newDecode, newCount, newVocab,
		newTemplate, newGrammar, newExec, newServe, newLoad, newVersion,
	} {
		root.AddCommand(add(s, env))
	}
	return root
}
