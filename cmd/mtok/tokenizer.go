package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// tokenizerFlags say which tokenizer a command uses.
type tokenizerFlags struct {
	name, mode string
	download   bool
	revision   string
	cmd        *cobra.Command // whose stderr warnings go to
}

var modes = []string{string(bridge.Test), string(bridge.Serving), string(bridge.Finetuning), string(bridge.Agnostic)}

func (f *tokenizerFlags) add(cmd *cobra.Command) {
	f.addSource(cmd)
	cmd.Flags().StringVar(&f.mode, "mode", modes[0], "validation mode: "+strings.Join(modes, ", "))
}

// addSource adds the flags of a command that encodes no requests, for which a mode says nothing.
func (f *tokenizerFlags) addSource(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.name, "tokenizer", "t", "v3-tekken", tokenizerUsage)
	f.addHub(cmd)
}

// addHub adds those of a command that knows its tokenizer, but not where it may come from.
func (f *tokenizerFlags) addHub(cmd *cobra.Command) {
	f.cmd, f.mode = cmd, modes[0]
	cmd.Flags().BoolVar(&f.download, "download", false, "let a model id that is not shipped come from the Hugging Face hub")
	cmd.Flags().StringVar(&f.revision, "revision", "", "branch, tag or commit for --download")
}

// check finds what is wrong with the flags before any Python is started.
func (f *tokenizerFlags) check() error {
	if !slices.Contains(modes, f.mode) {
		return usageError{fmt.Errorf("--mode: there is no mode %q; there are %s", f.mode, strings.Join(modes, ", "))}
	}
	if err := f.checkRevision(); err != nil {
		return err
	}
	return checkSource("--tokenizer", f.name)
}

func (f *tokenizerFlags) checkRevision() error {
	if f.revision != "" && !f.download {
		return usageError{errors.New("--revision belongs to --download")}
	}
	return nil
}

func (f *tokenizerFlags) load(ctx context.Context, rt *bridge.Runtime) (*bridge.Tokenizer, error) {
	opts := []bridge.LoadOption{bridge.WithMode(bridge.Mode(f.mode))}
	if f.download {
		opts = append(opts, bridge.WithHub(bridge.Hub{Revision: f.revision}))
	}
	tok, err := rt.Load(ctx, parseSource(f.name), opts...)
	if err == nil {
		for _, w := range tok.Warnings() {
			fmt.Fprintln(f.cmd.ErrOrStderr(), "mtok: warning:", visible(w.Message))
		}
	}
	return tok, explainUnknown(ctx, rt, f.name, err)
}

// explainUnknown adds the known names and models to the error of a name that is no tokenizer's.
func explainUnknown(ctx context.Context, rt *bridge.Runtime, name string, err error) error {
	if !isUnknownTokenizer(err) {
		return err
	}
	if _, shipped := rt.Load(ctx, bridge.Shipped(name)); isUnknownTokenizer(shipped) && shipped.Error() != err.Error() {
		err = worded{err, message(shipped) + "\nand: " + message(err)}
	} else {
		err = worded{err, message(err)}
	}
	return ofTokenizer(err)
}

// ofTokenizer says that --tokenizer names what there is not.
func ofTokenizer(err error) error {
	if !isUnknownTokenizer(err) {
		return err
	}
	return usageError{fmt.Errorf("--tokenizer: %w", err)}
}

// worded is an error in other words.
type worded struct {
	error
	text string
}

func (w worded) Error() string { return w.text }
func (w worded) Unwrap() error { return w.error }

func isUnknownTokenizer(err error) bool {
	var py *bridge.PyError
	return errors.As(err, &py) && py.Type == "UnknownTokenizer"
}

func message(err error) string {
	var py *bridge.PyError
	if errors.As(err, &py) {
		return py.Message
	}
	return err.Error()
}
