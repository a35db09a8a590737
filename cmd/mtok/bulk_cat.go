package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

func newBulkCat(s streams, env *envFlags) *cobra.Command {
	var tf tokenizerFlags
	var ids, mask, rejects bool
	cmd := &cobra.Command{
		Use:   "cat DIR [NUMBER]",
		Short: "Print one document of a run, or its rejects",
		Long: `cat prints the text of a document, by its number in the order of the input from 0 on, or
its ids with --ids. --loss-mask prints the ids of a chat, one a line behind a 1 where a
model is trained on it, and else a 0. --rejects prints what was rejected, a line of JSON a record: file,
offset (of Parquet the row), length, class, message and, in base64, the record.`,
		Example: `  mtok bulk cat tokens 0
  mtok bulk cat --ids tokens 12345
  mtok bulk cat --loss-mask chats 0
  mtok bulk cat --rejects tokens`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usageError{fmt.Errorf("%d arguments where the directory of a run and the number of a document were expected", len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if rejects == (len(args) == 2) {
				return usageError{errors.New("give the number of a document, or --rejects")}
			}
			if mask && (ids || rejects) {
				return usageError{errors.New("--loss-mask, --ids and --rejects do not go together")}
			}
			if err := tf.checkRevision(); err != nil {
				return err
			}
			dir, err := store.At(cmd.Context(), args[0])
			if err != nil {
				return usageError{err}
			}
			defer dir.Close()
			p, err := bulk.ReadPlan(dir)
			if err != nil {
				return noRun(args[0], err)
			}
			if rejects {
				return bulk.Rejects(dir, func(r bulk.Reject) error { return printJSON(s.out, r) })
			}
			n, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || n < 0 {
				return usageError{fmt.Errorf("%q is no number of a document", args[1])}
			}
			if mask && !p.Options.Type.IsChat() {
				return usageError{fmt.Errorf("--loss-mask: %s is a run of texts, which have none", args[0])}
			}
			d, err := bulk.Document(dir, n)
			if errors.Is(err, bulk.ErrNoDocument) {
				err = usageError{err}
			}
			if err != nil {
				return err
			}
			switch {
			case ids:
				_, err := fmt.Fprintln(s.out, joinIDs(d.IDs))
				return err
			case mask:
				p := &printer{w: s.out}
				for i, id := range d.IDs {
					p.line("%d %d", d.Loss[i], id)
				}
				return p.err
			}
			ctx := cmd.Context()
			rt, done, err := env.open(ctx, s)
			if err != nil {
				return err
			}
			defer done()
			tok, err := loadOf(ctx, rt, &tf, p)
			if err != nil {
				return err
			}
			text, err := tok.Decode(ctx, d.IDs, bridge.Ignore)
			if err != nil {
				return err
			}
			if isTerminal(s.out) {
				text = visible(text) + "\n"
			}
			_, err = io.WriteString(s.out, text)
			return err
		},
	}
	tf.addHub(cmd)
	cmd.Flags().BoolVar(&ids, "ids", false, "print the ids, on one line")
	cmd.Flags().BoolVar(&mask, "loss-mask", false, "print a line for each id: 1 or 0, whether a model is trained on it, and the id")
	cmd.Flags().BoolVar(&rejects, "rejects", false, "print what was rejected")
	return cmd
}
