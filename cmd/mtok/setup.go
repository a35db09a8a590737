package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func newSetup(s streams, env *envFlags) *cobra.Command {
	var asJSON, python bool
	var lock, name, with, from string
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Build the environment now rather than with the first command",
		Long: `setup builds the managed environment in the cache, if it is not there yet, and
prints where it is: from the CPython in this program, or from the interpreter of
--python. Every package is checked against the hashes in this program. The default
environment fetches 119 MB and takes 460 MB.

--from takes the environment out of a bundle, a file that mtok bundle made, and fetches
nothing.

--with vllm builds an environment of its own that has vLLM too, which takes 8 to
10 GB; other commands run on it with --env vllm, or --env vllm-0.11.2. vLLM 0.11.2
runs on a Python 3.11 to 3.13 of this machine.`,
		Example: `  mtok setup
  mtok setup --from env.tar.zst
  mtok setup --with vllm
  mtok setup --with vllm=0.11.2 --python python3.12`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if with != "" && lock != "" {
				return usageError{errors.New("--with and --requirements both say what to install: give one of them")}
			}
			if cmd.Flags().Changed("name") && lock == "" {
				return usageError{errors.New("--name belongs to --requirements")}
			}
			if from != "" && (with != "" || env.python != "" || env.env != "default") {
				return usageError{errors.New("--from says what to set up: it goes with none of --with, --env and --python")}
			}
			found, err := setUp(cmd.Context(), env, s, setupRequest{with: with, lock: lock, name: name, from: from})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(s.out, found)
			}
			where := found.Dir
			if python {
				where = found.Executable
			}
			_, err = fmt.Fprintln(s.out, where)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print everything about the environment")
	cmd.Flags().BoolVar(&python, "print-python", false, "print the interpreter instead of the directory")
	cmd.Flags().StringVar(&lock, "requirements", "", "hash lock to install instead of the one in this program")
	cmd.Flags().StringVar(&name, "name", "custom", "name of the environment that --requirements builds")
	cmd.Flags().StringVar(&from, "from", "", "bundle to take it from, see mtok bundle")
	cmd.Flags().StringVar(&with, "with", "", "what else it is to have: vllm, or vllm=VERSION")
	return cmd
}

// setupRequest says what to build; nothing in it: the default environment.
type setupRequest struct{ with, lock, name, from string }

func setUp(ctx context.Context, env *envFlags, s streams, r setupRequest) (*bridge.Environment, error) {
	opts := env.options(s)
	if r.from != "" {
		opts = append(opts, bridge.WithBundleFile(r.from))
		if r.lock == "" {
			own, err := env.packed(r.from)
			if err != nil {
				return nil, err
			}
			opts = append(opts, own...)
		}
	}
	switch {
	case r.lock != "":
		text, err := os.ReadFile(r.lock)
		if err != nil {
			return nil, usageError{err}
		}
		opts = append(opts, bridge.WithRequirements(r.name, text))
	case r.with != "":
		n, err := parseWith(r.with)
		if err != nil {
			return nil, err
		}
		return n.setup(ctx, env, s)
	case env.env != "default" && r.from == "":
		n, err := findNamed(env.env)
		if err != nil {
			return nil, err
		}
		return n.setup(ctx, env, s)
	}
	found, err := bridge.Setup(ctx, opts...)
	if err != nil {
		return nil, environmentError{err}
	}
	return found, nil
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments, and %q is one; see mtok %s --help", cmd.Name(), args[0], cmd.Name())}
	}
	return nil
}
