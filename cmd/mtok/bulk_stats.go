package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/statspage"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// statsName is the page's in the directory of a run.
const statsName = "stats.html"

func newBulkStats(s streams, _ *envFlags) *cobra.Command {
	var write string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "stats DIR",
		Short: "Write a page about a run: lengths, bytes a token, rejects, throughput",
		Long: `stats writes DIR/stats.html, a page with pictures that needs nothing else: how many documents
have how many tokens, bytes of text a token by shard, rejects by class, throughput over time,
and the shards that stand out. It reads the commits and nothing else, so it is exact and reads
no document; a run may be under way. Names of files are on the page, texts
of the corpus are not. --json prints the numbers, and writes no page unless --write says so.`,
		Example: `  mtok bulk stats tokens
  mtok bulk stats --json tokens
  mtok bulk stats s3://tokens/web --write web.html`,
		Args: oneDir,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case write != "" || asJSON:
			case object.IsURL(args[0]):
				return usageError{errors.New("--write: give a file for the page, on this machine")}
			default:
				write = filepath.Join(args[0], statsName)
			}
			dir, err := store.At(cmd.Context(), args[0])
			if err != nil {
				return usageError{err}
			}
			defer dir.Close()
			found, err := bulk.ReadStats(dir)
			if err != nil {
				return noRun(args[0], err)
			}
			if write != "" {
				if err := checkNoResult(args[0], write); err != nil {
					return err
				}
				if err := writeStats(write, found); err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(s.out, found)
			}
			_, err = fmt.Fprintf(s.out, "wrote %s: %s, %s, %d of %d shards\n", visible(write), counted(int(found.Counts.Documents+found.Counts.Empty), "document"), countedTokens(found.Counts), found.Committed, found.Shards)
			return err
		},
	}
	cmd.Flags().StringVar(&write, "write", "", "file of the page (default: DIR/"+statsName+")")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the numbers as JSON")
	return cmd
}

// checkNoResult refuses a page in the place of what a run has written: pages are all that it may replace there.
func checkNoResult(dir, path string) error {
	if _, err := os.Stat(path); err != nil || strings.EqualFold(filepath.Ext(path), ".html") || !holds(dir, path) {
		return nil //nolint:nilerr // nothing is there
	}
	return usageError{fmt.Errorf("--write: %s is a file of the run; give another name, such as one that ends in .html", path)}
}

// writeStats replaces the page that is there, as a whole; of a link that is what it names.
func writeStats(path string, s *bulk.Stats) error {
	if err := checkPlace("--write", path); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := statspage.Write(&page, s, programVersion()); err != nil {
		return err
	}
	if at, err := os.Stat(path); err == nil && !at.Mode().IsRegular() {
		return usageError{fmt.Errorf("--write: %s is no file: give a file for the page", path)}
	}
	path = resolved(path)
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-"+rand.Text())
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666) // as the user's umask has it
	if err != nil {
		return err
	}
	_, err = f.Write(page.Bytes())
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(name, path)
	}
	if err != nil {
		_ = os.Remove(name)
	}
	return err
}
