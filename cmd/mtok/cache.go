package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func newCache(s streams, env *envFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Say what is in the cache, and remove what serves nobody",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCacheList(s, env), newCachePrune(s, env))
	return cmd
}

func newCacheList(s streams, env *envFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the directories of the cache, with their sizes and who needs them",
		Long: `list prints what each directory in the cache is, and its state:

  current   this version of the program uses it, or would
  in use    a process works with it, or an environment that stays needs it
  custom    built from a lock of yours (mtok setup --requirements)
  unknown   nothing in it says what it is
  old       of another version, or of an interpreter that is not used any more
  left      of a set-up that was interrupted

mtok cache prune removes the last two.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, all, err := bridge.ListCache(cmd.Context(), env.cacheOptions(s)...)
			if err != nil {
				return environmentError{err}
			}
			if asJSON {
				return printJSON(s.out, cacheJSON{dir, orEmpty(all)})
			}
			if len(all) == 0 {
				_, err = fmt.Fprintf(s.out, "there is nothing in %s\n", dir)
				return err
			}
			return printEntries(s, all)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the same as JSON")
	return cmd
}

func newCachePrune(s streams, env *envFlags) *cobra.Command {
	var asJSON, dry bool
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove environments of other versions, and what interrupted set-ups left",
		Long: `prune removes what mtok cache list shows as old or left, and prints it. What is
current, in use by a process or built from a lock of yours stays. Another version
of the program that comes back builds its environment anew.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			gone, err := bridge.PruneCache(cmd.Context(), dry, env.cacheOptions(s)...)
			if err != nil {
				return environmentError{err}
			}
			if asJSON {
				return printJSON(s.out, pruneJSON{dry, total(gone), orEmpty(gone)})
			}
			if len(gone) == 0 {
				_, err = fmt.Fprintln(s.out, "there is nothing to remove")
				return err
			}
			return printEntries(s, gone)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the same as JSON")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "print what would be removed, and remove nothing")
	return cmd
}

type cacheJSON struct {
	Dir     string              `json:"dir"`
	Entries []bridge.CacheEntry `json:"entries"`
}

type pruneJSON struct {
	DryRun  bool                `json:"dry_run"`
	Bytes   int64               `json:"bytes"`
	Removed []bridge.CacheEntry `json:"removed"`
}

// cacheOptions say what this program uses of the cache.
func (f *envFlags) cacheOptions(s streams) []bridge.Option {
	flags := *f
	flags.python = ""
	opts := flags.options(s)
	for _, n := range namedEnvironments() {
		opts = append(opts, bridge.WithCurrent(n.name, n.lock))
	}
	return opts
}

func total(all []bridge.CacheEntry) (bytes int64) {
	for _, e := range all {
		bytes += e.Bytes
	}
	return bytes
}

func orEmpty(all []bridge.CacheEntry) []bridge.CacheEntry {
	if all == nil {
		return []bridge.CacheEntry{}
	}
	return all
}

func printEntries(s streams, all []bridge.CacheEntry) error {
	p := &printer{w: s.out}
	for _, e := range all {
		p.line("%-8s %-12s %9s  %s", e.State, e.Kind, megabytes(e.Bytes), e.Path)
	}
	return p.err
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", (n+999_999)/1_000_000) }
