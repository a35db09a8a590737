package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/cmd/internal/execproto"
)

func newExec(s streams, env *envFlags) *cobra.Command {
	var raw bool
	var backend string
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
			if backend != "embedded" {
				return usageError{fmt.Errorf("--backend: there is no backend %q; there is embedded", backend)}
			}
			rt, done, err := env.open(cmd.Context(), s)
			if err != nil {
				return err
			}
			defer done()
			server := execproto.New(rt, execproto.Options{Program: "mtok " + programVersion(), Raw: raw})
			return server.Serve(cmd.Context(), s.in, s.out)
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "pass requests through byte for byte, not through the Go types")
	cmd.Flags().StringVar(&backend, "backend", "embedded", "where Python runs: embedded, in this process")
	return cmd
}
