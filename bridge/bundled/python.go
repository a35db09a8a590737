//go:build linux && (amd64 || arm64)

package bundled

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kluctl/go-embed-python/embed_util"
	"github.com/kluctl/go-embed-python/python"
)

func unpackPython(ctx context.Context, dir string) error {
	return unpack(ctx, dir, func() error {
		_, err := python.NewEmbeddedPythonWithTmpDir(dir, false)
		return err
	})
}

func unpackForeign(ctx context.Context, data, dir string) error {
	return unpack(ctx, dir, func() error {
		_, err := embed_util.NewEmbeddedFilesWithTmpDir(os.DirFS(data), dir, false)
		return err
	})
}

func unpack(ctx context.Context, dir string, write func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := wantEmpty(dir); err != nil {
		return err
	}
	// The data module leaves a lock file beside the directory it writes.
	defer os.Remove(dir + ".lock")
	if err := write(); err != nil {
		return fmt.Errorf("unpack the CPython into %s: %w", dir, err)
	}
	if err := linkCopies(dir); err != nil {
		return fmt.Errorf("unpack the CPython into %s: %w", dir, err)
	}
	return ctx.Err()
}

// linkCopies turns the copies that the data module writes in place of symbolic
// links back into links. They are 80 MB of the same bytes otherwise.
func linkCopies(dir string) error {
	releases := strings.SplitN(version, ".", 3)
	minor := releases[0] + "." + releases[1]
	links := []struct{ name, target string }{
		{"bin/python", "python" + minor},
		{"bin/python3", "python" + minor},
		{"lib/libpython" + minor + ".so", "libpython" + minor + ".so.1.0"},
	}
	for _, l := range links {
		name := filepath.Join(dir, filepath.FromSlash(l.name))
		if err := linkCopy(name, l.target); err != nil {
			return err
		}
	}
	return nil
}

// linkCopy makes name a link to target, a file beside it, if both exist and
// their contents are equal; anything else is left as it is.
func linkCopy(name, target string) error {
	got, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	want, err := os.ReadFile(filepath.Join(filepath.Dir(name), target))
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !bytes.Equal(got, want)) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Remove(name); err != nil {
		return err
	}
	return os.Symlink(target, name)
}

// wantEmpty refuses a directory that holds something: the data module trusts a
// file that is already there if only its size is right.
func wantEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: %w", dir, fs.ErrExist)
	}
	return nil
}
