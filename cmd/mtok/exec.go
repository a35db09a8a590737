package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/cmd/internal/jsonl"
)

func newExec(s streams, env *envFlags) *cobra.Command {
	var typed, raw bool
	var backend string
	var workers int
	var fetch fetchFlag
	cmd := &cobra.Command{
		Use:   "exec",
		Short: "Serve programs in any language over stdin and stdout, in JSON Lines",
		Long: `exec reads requests from stdin, one JSON object a line, and answers each with a
line on stdout, in their order: {"id": 1, "op": "load", "args": {"name": "v3"}}.
The protocol is described in docs/protocol.md. It ends with stdin; SIGTERM lets it
answer what it has read.`,
		Example: `  echo '{"id": 1, "op": "info"}' | mtok exec`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if typed && raw {
				return usageError{errors.New("--typed and --raw say the opposite of each other: give one of them")}
			}
			where, err := backendOptions(backend, workers)
			if errors.As(err, new(environmentError)) {
				return err
			}
			if err != nil {
				return usageError{err}
			}
			more, err := fetch.options()
			if err != nil {
				return err
			}
			rt, done, err := env.open(cmd.Context(), s, append(more, where...)...)
			if err != nil {
				return err
			}
			defer done()
			server := jsonl.New(rt, jsonl.Options{Program: "mtok " + programVersion(), Typed: typed})
			return server.Serve(cmd.Context(), s.in, s.out)
		},
	}
	fetch.add(cmd)
	cmd.Flags().BoolVar(&typed, "typed", false, "decode requests into the Go types and encode them again on the way, which proves these types; without it they pass byte for byte")
	cmd.Flags().BoolVar(&raw, "raw", false, "pass requests byte for byte, which is the default")
	_ = cmd.Flags().MarkHidden("raw") // programs were written that give it
	cmd.Flags().StringVar(&backend, "backend", defaultBackend(), "where Python runs: embedded, in this process, or pool, in worker processes")
	cmd.Flags().IntVar(&workers, "workers", 0, "number of worker processes; implies --backend pool, which has 2 without it")
	return cmd
}
