package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
)

func newBulk(s streams, env *envFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bulk",
		Short: "Turn a corpus into files of tokens to train on",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	// Whatever is named: the input, the output, or what a plan names.
	cmd.PersistentPreRunE = func(c *cobra.Command, args []string) error {
		if err := c.Root().PersistentPreRunE(c, args); err != nil || !env.isOffline() {
			return err
		}
		c.SetContext(object.Forbid(c.Context(), func(url string) error { return offlineHint(url, "copy it to this machine") }))
		return nil
	}
	cmd.AddCommand(newBulkRun(s, env), newBulkPlan(s, env), newBulkWork(s, env), newBulkStatus(s, env), newBulkStats(s, env), newBulkVerify(s, env), newBulkCat(s, env), newBulkMerge(s, env), newBulkRetry(s, env), newBulkGC(s, env))
	return cmd
}

// ofBulk gives the errors of a run their exit codes.
func ofBulk(err error) error {
	var different *plan.DifferentError
	var changed *source.ChangedError
	var damaged *source.DamagedError
	var format *source.FormatError
	var column *source.ColumnError
	var rejected *bulk.RejectedError
	var limit *bulk.LimitError
	var incomplete *bulk.IncompleteError
	switch {
	case errors.As(err, &different) && different.MadeBy:
		return environmentError{err}
	case errors.As(err, &different):
		return usageError{err}
	case errors.As(err, &changed), errors.As(err, &damaged), errors.As(err, &format), errors.As(err, &column), errors.As(err, &rejected), errors.As(err, &limit), errors.As(err, &incomplete):
		return inputError{err}
	}
	return err
}

// noRun is the error of a directory in which no run was begun.
func noRun(root string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return usageError{fmt.Errorf("%s: there is no run; mtok bulk run IN… --out %s begins one", root, root)}
	}
	return err
}

// sizeFlag is a number of bytes, with a unit or without.
type sizeFlag int64

var units = []struct {
	name string
	size int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}

// Set reads it.
func (f *sizeFlag) Set(text string) error {
	size := int64(1)
	number := text
	for _, u := range units {
		if cut, ok := strings.CutSuffix(text, u.name); ok {
			size, number = u.size, cut
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n < 1 || n > (1<<50)/size {
		return fmt.Errorf("%q is no size, such as 4096, 64MiB or 1GB", text)
	}
	*f = sizeFlag(n * size)
	return nil
}

func (f *sizeFlag) String() string {
	for _, u := range units[:3] {
		if n := int64(*f) / u.size; int64(*f)%u.size == 0 && n > 0 && n < 1024 {
			return strconv.FormatInt(n, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*f), 10)
}

// Type is what the help says behind the flag.
func (f *sizeFlag) Type() string { return "size" }

// limitValue is --max-rejects.
type limitValue struct {
	bulk.Limit
	text string
}

// Set reads it.
func (f *limitValue) Set(text string) (err error) {
	f.text = text
	f.Limit, err = bulk.ParseLimit(text)
	return err
}

func (f *limitValue) String() string { return f.text }

// Type is what the help says behind the flag.
func (f *limitValue) Type() string { return "limit" }

// bulkOptions are the bridge's for a corpus: nothing waits for an answer, and no text comes twice.
func bulkOptions(workers int) []bridge.Option {
	return []bridge.Option{bridge.WithWorkers(workers), bridge.WithWaitWhenFull(), bridge.WithMemo(0)}
}
