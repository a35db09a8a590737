package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// limitFlag is the reference's max_model_input_len.
type limitFlag struct {
	n   int
	cmd *cobra.Command
}

const limitName = "max-model-input-len"

func (f *limitFlag) add(cmd *cobra.Command) {
	f.cmd = cmd
	cmd.Flags().IntVar(&f.n, limitName, 0, "tokens that a --chat or --openai with truncate_for_context_length is cut to")
}

func (f *limitFlag) check(request string) error {
	switch {
	case !f.cmd.Flags().Changed(limitName):
		return nil
	case request != "chat" && request != openAI:
		return usageError{errors.New("--" + limitName + " belongs to --chat or --openai")}
	case f.n <= 0:
		return usageError{fmt.Errorf("--%s: %d; it wants a number above zero", limitName, f.n)}
	}
	return nil
}

// options are those of encoding. That a tokenizer cuts nothing the reference does not say.
func (f *limitFlag) options(tok *bridge.Tokenizer) []bridge.EncodeOption {
	if f.n == 0 {
		return []bridge.EncodeOption{bridge.WithoutMedia()}
	}
	switch v := tok.Describe().Version; v {
	case "v1", "v2", "v3":
		fmt.Fprintf(f.cmd.ErrOrStderr(), "mtok: warning: tokenizers of version %s cut nothing: --%s has no effect\n", v, limitName)
	}
	return []bridge.EncodeOption{bridge.WithoutMedia(), bridge.WithMaxModelInputLen(f.n)}
}
