package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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
	args = negativeIDs(root, args)
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	cmd, err := root.ExecuteContextC(ctx)
	return exitCode(err, wantsJSON(cmd, args), s.err)
}

// wantsJSON reports whether --json was given, also where the flags could not be read to
// their end.
func wantsJSON(cmd *cobra.Command, args []string) bool {
	if cmd == nil || cmd.Flags().Lookup("json") == nil {
		return false
	}
	given, _ := cmd.Flags().GetBool("json")
	return given || !cmd.Flags().Parsed() && slices.Contains(args, "--json")
}

// negativeIDs keeps the negative numbers of mtok decode from being taken for flags: with a
// space before it, which decode reads over, a number is an argument.
func negativeIDs(root *cobra.Command, args []string) []string {
	if cmd, _, err := root.Find(args); err != nil || cmd.Name() != "decode" {
		return args
	}
	args = slices.Clone(args)
	for i, arg := range args {
		if len(arg) > 1 && arg[0] == '-' && arg[1] >= '0' && arg[1] <= '9' {
			args[i] = " " + arg
		}
	}
	return args
}

// flagError says what to do about a text that was taken for a flag.
func flagError(cmd *cobra.Command, err error) error {
	if strings.HasPrefix(err.Error(), "unknown") && strings.Contains(cmd.Use, "TEXT") {
		err = fmt.Errorf("%w; a text that begins with - goes behind --", err)
	}
	return usageError{err}
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "mtok",
		Short: "Exact Mistral tokens, from the real mistral_common inside",
		Long: `mtok carries a CPython and runs the real mistral_common in it. The first
command builds its environment in the user cache: it fetches 44 packages, 119 MB.
After that each command takes the seconds in which Python starts and imports it.

Exit codes: 0 ok, 1 failure, 2 usage, 3 environment, 4 the input is at fault.
A cause has the same code in every command:
  2  an unknown command, flag, tokenizer or value, a missing argument, or a file or an
     address on the command line that cannot be used
  3  no usable Python, a package that it lacks, or what --offline forbids to fetch
  4  input that is not UTF-8, no JSON, no ids, or that the reference rejects
  1  everything else, such as a server that is not there; and a check that failed
Errors go to stderr; under --json as one line, {"error": {"message", "reason", "exit", …}}.`,
		Version:       programVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("mtok {{.Version}}\n")
	env := addEnvFlags(root)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		return errors.Join(env.check(), checkLists(cmd.Flags()))
	}
	for _, add := range []func(streams, *envFlags) *cobra.Command{
		newVerify, newBench, newConformance, newSetup, newBundle, newDoctor, newCache, newEncode, newDecode, newCount, newTruncate, newSplit, newFit,
		newVocab, newTemplate, newGrammar, newBulk, newExec, newServe, newLoad, newVersion,
	} {
		root.AddCommand(add(s, env))
	}
	refuseUnknownTopics(root)
	refuseUnknownShells(root)
	addCompletions(root)
	return root
}
