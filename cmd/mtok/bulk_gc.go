package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

func newBulkGC(s streams, _ *envFlags) *cobra.Command {
	var remove, idle, asJSON bool
	cmd := &cobra.Command{
		Use:   "gc DIR",
		Short: "List or remove what a run has left that nothing refers to",
		Long: `gc lists the files below DIR that no commit and no manifest names, and removes them with
--remove:

  temporary     a process that has ended was writing it
  uncommitted   its shard has no commit, which the run that wrote it did not live to write
  unnamed       its shard has a commit that does not name it
  conflict      it was kept beside another of its name, and the run is complete

It may be used while runs work in DIR: then files of shards without a commit stay, since a
run may need them. Locks (flock) show who works there; where they hold on one machine only,
such as on Lustre with localflock or NFS with local_lock, use it when no other machine works
in DIR. In a bucket nobody can see who works there, and those files stay unless --idle says
that nobody does. What the run has not written is left alone.`,
		Example: `  mtok bulk gc tokens
  mtok bulk gc --remove tokens`,
		Args: oneDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			if idle && !object.IsURL(args[0]) {
				return usageError{errors.New("--idle is for URLs: in a directory locks show who works there")}
			}
			dir, err := store.At(cmd.Context(), args[0])
			if err != nil {
				return usageError{err}
			}
			defer dir.Close()
			found, err := bulk.CollectGarbage(bulk.GarbageConfig{Dir: dir, Remove: remove, Idle: idle, At: atPoint})
			if err != nil {
				return noRun(args[0], err)
			}
			return printGarbage(s, args[0], found, idle, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&remove, "remove", false, "remove what is listed")
	flags.BoolVar(&idle, "idle", false, "with a URL: nobody works there, so that files of shards without a commit are garbage, too")
	flags.BoolVar(&asJSON, "json", false, "print the same as JSON")
	return cmd
}

func printGarbage(s streams, root string, c *bulk.Collected, idle, asJSON bool) error {
	if asJSON {
		return printJSON(s.out, c)
	}
	p := &printer{w: s.out}
	for _, g := range c.Garbage {
		p.line("%-11s  %s  %s", g.Why, bulk.Size(g.Bytes), visible(g.Name))
	}
	files := counted(len(c.Garbage), "file") + ", " + bulk.Size(c.Bytes)
	switch {
	case len(c.Garbage) == 0:
		p.line("there is nothing to remove")
	case c.Removed:
		p.line("removed %s", files)
	default:
		flags := "--remove"
		if idle { // without it the files of shards without a commit would stay
			flags += " --idle"
		}
		p.line("%s: mtok bulk gc %s %s removes them", files, flags, visible(root))
	}
	switch {
	case len(c.Kept) == 0:
	case object.IsURL(root):
		p.line("kept %s of shards without a commit, which somebody may be making: if nobody is, --idle removes them, too", counted(len(c.Kept), "file"))
	default:
		p.line("kept %s of shards without a commit: a run, or another gc, works here", counted(len(c.Kept), "file"))
	}
	return p.err
}
