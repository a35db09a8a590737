package plan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
)

// Ext are the ends of names that are taken from a directory, those of lines also with .gz, .zst or .zstd.
var Ext = map[string]Records{".jsonl": JSONL, ".ndjson": JSONL, ".json": JSONL, ".txt": Lines, ".parquet": Rows}

// kindOf goes by a file's name.
func kindOf(name string) (Records, bool) {
	if object.IsURL(name) {
		if u, err := object.Parse(name); err == nil {
			name = u.Key
		}
	}
	for _, packed := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, packed)
	}
	kind, ok := Ext[strings.ToLower(filepath.Ext(name))]
	return kind, ok
}

// Find lists the files that are named, and those in the directories that are, in the order of
// their names. None is there twice. out is where the results go.
func Find(ctx context.Context, names []string, out string) ([]string, error) {
	var files []string
	for _, name := range names {
		if object.IsURL(name) {
			found, err := findObjects(ctx, name, out)
			if err != nil {
				return nil, err
			}
			files = append(files, found...)
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, filepath.Clean(name))
			continue
		}
		if within(out, name) {
			return nil, fmt.Errorf("the output %s lies within the input %s; give it a place of its own", out, name)
		}
		before := len(files)
		err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if _, ok := kindOf(path); ok && !d.IsDir() {
				files = append(files, filepath.Clean(path))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(files) == before {
			return nil, fmt.Errorf("%s: no file in it ends in .jsonl, .ndjson, .json or .txt, with or without .gz, .zst or .zstd, or in .parquet; name the files themselves", name)
		}
	}
	slices.Sort(files)
	return files, twice(files)
}

// findObjects is Find for a URL.
func findObjects(ctx context.Context, name, out string) ([]string, error) {
	u, err := object.Parse(name)
	if err != nil {
		return nil, err
	}
	if !u.Several() {
		return []string{u.String()}, nil
	}
	if object.IsURL(out) && strings.HasPrefix(out, name) {
		return nil, fmt.Errorf("the output %s lies within the input %s; give it a place of its own", out, name)
	}
	var files []string
	err = u.List(ctx, func(o object.URL) error {
		if _, ok := kindOf(o.Key); ok {
			files = append(files, o.String())
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no object below it ends in .jsonl, .ndjson, .json or .txt, with or without .gz, .zst or .zstd; name the objects themselves", name)
	}
	return files, err
}

// within reports whether a path, which need not be there, is below a directory.
func within(path, dir string) bool {
	top, err := filepath.EvalSymlinks(dir)
	if err == nil {
		top, err = filepath.Abs(top)
	}
	path, failed := filepath.Abs(path)
	if err != nil || failed != nil {
		return false
	}
	for ; ; path = filepath.Dir(path) {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			rest, err := filepath.Rel(top, real)
			return err == nil && rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
		}
		if path == filepath.Dir(path) {
			return false
		}
	}
}

// twice finds a file that is there under two names, which would be in the corpus twice.
func twice(files []string) error {
	seen := map[string]string{}
	for _, name := range files {
		if !utf8.ValidString(name) {
			return fmt.Errorf("%q is a name that is not UTF-8, which the plan cannot hold; give the file another", name)
		}
		real, err := realName(name)
		if err != nil {
			return err
		}
		if other, ok := seen[real]; ok {
			return fmt.Errorf("%s and %s are the same file", other, name)
		}
		seen[real] = name
	}
	return nil
}

// realName is the same for all names of a file.
func realName(name string) (string, error) {
	if object.IsURL(name) {
		return name, nil
	}
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

// Guess is what the records of these files are, by their names.
func Guess(files []string) (Records, error) {
	var kind Records
	for _, name := range files {
		k, ok := kindOf(name)
		if !ok {
			return "", fmt.Errorf("%s: its name does not say what its records are: give --records jsonl, lines or parquet", name)
		}
		if kind != "" && k != kind {
			return "", fmt.Errorf("%s and %s are of different kinds: make a run of each, or give --records", files[0], name)
		}
		kind = k
	}
	if kind == "" {
		return "", errors.New("there are no inputs")
	}
	return kind, nil
}

// Examine reads what has to be known about each file, several at a time; report is called with each. column
// is that of the texts where the files are Parquet, and empty where they are lines.
func Examine(ctx context.Context, files []string, column string, known []source.File, parallel int, report func(source.File)) ([]source.File, Groups, error) {
	byPath := map[string]source.File{}
	for _, f := range known {
		byPath[f.Path] = f
	}
	out, rows := make([]source.File, len(files)), make([][]source.Group, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(parallel, 1))
	for i, name := range files {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			f, groups, err := source.Examine(ctx, name, column, byPath)
			if err != nil {
				return err
			}
			out[i], rows[i] = f, groups
			if report != nil {
				report(f)
			}
			return nil
		})
	}
	err := g.Wait()
	groups := Groups{}
	for i := range rows {
		if rows[i] != nil {
			groups[i] = rows[i]
		}
	}
	return out, groups, err
}
