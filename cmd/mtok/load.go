package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/cmd/internal/loadtest"
)

func newLoad(s streams, env *envFlags) *cobra.Command {
	var one loadtest.Single
	var route string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "load ADDRESS",
		Short: "Put a server under load, and look at its health meanwhile",
		Long: `load sends chats of one message to a server that runs: mtok serve, vLLM's, or that of
mistral_common. Each has a text of its own, and each answer's status and number of tokens
are checked. The server's health is requested at fixed times beside it.

The exit code is 1 if an answer was not as it should be.`,
		Example: `  mtok load http://127.0.0.1:8000
  mtok load unix:/run/mtok.sock --connections 64 --beside 27000000 --every 1ms
  mtok load http://127.0.0.1:8000 --route render --overload 4
  mtok load compare --mistral-common PYTHON --vllm PYTHON --write docs/LOAD.md`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("load takes one address, such as http://127.0.0.1:8000; see mtok load --help")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if one.Address, err = loadtest.ParseAddress(args[0]); err != nil {
				return usageError{err}
			}
			if one.Shape.Route, err = loadtest.FindRoute(route); err != nil {
				return usageError{fmt.Errorf("--route: %w", err)}
			}
			if err := checkLoad(one); err != nil {
				return usageError{err}
			}
			if env.isOffline() && !one.Address.IsUnix() {
				return offlineHint("the answers of "+args[0], "ask the server on a Unix socket (unix:PATH)")
			}
			one.Name, one.Warm = args[0], 300*time.Millisecond
			out, err := one.Run(cmd.Context())
			if err != nil {
				return err
			}
			print := out.WriteText
			if asJSON {
				print = func(w io.Writer) error { return printJSON(w, out) }
			}
			if err := print(s.out); err != nil {
				return err
			}
			if out.Bad() > 0 {
				return errQuiet
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&route, "route", "tokenize", "tokenize, render (both vLLM's) or mistral (mistral_common's)")
	f.IntVar(&one.Connections, "connections", 8, "connections, each with one request under way")
	f.IntVar(&one.Shape.Bytes, "bytes", 1024, "bytes of a message")
	f.IntVar(&one.Beside, "beside", 0, "bytes of the messages that one more connection sends beside; 0: none")
	f.DurationVar(&one.Time, "time", 10*time.Second, "that is measured")
	f.DurationVar(&one.Every, "every", 10*time.Millisecond, "between two looks at the health")
	f.StringVar(&one.Health, "health", "/health", "path that is looked at")
	f.StringVar(&one.Shape.Model, "model", "", "model that the requests name")
	f.StringVar(&one.Shape.Key, "api-key", "", "API key")
	f.BoolVar(&one.Shape.Same, "same", false, "send one text again and again")
	f.Float64Var(&one.Times, "overload", 0, "then ask for so many times what it did; 429 is a good answer there")
	f.IntVar(&one.Crowd, "crowd", 2048, "connections of that")
	f.IntVar(&one.PID, "pid", 0, "process id of the server, to report its processor time")
	f.BoolVar(&one.Kill, "kill", false, "then kill the worker processes of --pid that are at work, one after another")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(newLoadCompare(s, env))
	return cmd
}

func checkLoad(one loadtest.Single) error {
	switch {
	case one.Connections < 1:
		return errors.New("--connections: the number must be above zero")
	case one.Shape.Bytes < 1 || one.Beside < 0:
		return errors.New("--bytes, --beside: there must be some")
	case one.Time <= 0 || one.Every <= 0:
		return errors.New("--time, --every: the time must be above zero")
	case one.Times < 0 || one.Crowd < 1:
		return errors.New("--overload, --crowd: the number must be above zero")
	case one.Kill && one.PID == 0:
		return errors.New("--kill: it needs --pid")
	case one.PID < 0 || one.PID > 0 && !loadtest.Exists(one.PID):
		return fmt.Errorf("--pid: there is no process %d", one.PID)
	}
	return nil
}
