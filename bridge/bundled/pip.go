//go:build linux && (amd64 || arm64)

package bundled

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kluctl/go-embed-python/pip"
)

// unpackPip gets pip out of the data module, whose only door, pip.NewPipLib(name),
// writes to filepath.Join(os.TempDir(), "go-embedded-pip-"+name+"-"+hash): a
// predictable name in a directory that everyone may write to, trusting files that
// are already there. The data behind it is internal to the module and TMPDIR
// belongs to the whole process. But the join is lexical, so a name that climbs
// out of the temporary directory leads into ours, and nothing is ever written
// outside of it. Where it wrote is checked afterwards.
func unpackPip(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := wantEmpty(dir); err != nil {
		return err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	parent, err := os.MkdirTemp(filepath.Dir(dir), ".pip-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(parent)

	shared, err := filepath.Abs(os.TempDir())
	if err != nil {
		return err
	}
	climb, err := filepath.Rel(filepath.Join(shared, "go-embedded-pip-x"), filepath.Join(parent, "pip"))
	if err != nil {
		return err
	}
	lib, err := pip.NewPipLib("x" + string(filepath.Separator) + climb)
	if err != nil {
		return fmt.Errorf("unpack the bundled pip: %w", err)
	}
	written, err := filepath.Abs(lib.GetExtractedPath())
	if err != nil {
		return err
	}
	if !strings.HasPrefix(written, parent+string(filepath.Separator)) {
		_ = lib.Cleanup()
		return fmt.Errorf("unpack the bundled pip: written to %s instead of below %s", written, parent)
	}
	// An empty directory of that name may exist; rename replaces it.
	if err := os.Rename(written, dir); err != nil {
		return err
	}
	return ctx.Err()
}
