package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

func newBulkMerge(_ streams, _ *envFlags) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "merge DIR --to PREFIX",
		Short: "Put the shards of a run into one",
		Long: `merge writes PREFIX.bin and PREFIX.idx, of chats PREFIX.loss too, or what the format of the run has instead, from all
shards of a complete run: the bytes that a run with one shard would have made. It takes no
more memory for a large corpus than for a small one, and needs no Python. The files appear
whole; none is overwritten.`,
		Example: `  mtok bulk merge tokens --to corpus`,
		Args:    oneDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usageError{errors.New("--to: give the files' name without .bin and .idx or the like")}
			}
			if err := checkPlace("--to", to); err != nil {
				return err
			}
			dir, err := store.At(cmd.Context(), args[0])
			if err != nil {
				return usageError{err}
			}
			defer dir.Close()
			err = bulk.Merge(dir, to)
			if errors.Is(err, bulk.ErrThere) {
				return usageError{err}
			}
			return noRun(args[0], err)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "name of the files, without .bin and .idx or the like (needed)")
	return cmd
}
