package bundled

import (
	"context"
	"path/filepath"
	"strings"
)

// Foreign is the CPython of another platform, for bridge.WriteBundleFor. Only its own is in a program:
// this one is read from the data module, which has all of them. Its pip is that of this program.
type Foreign struct {
	// Platform is GOOS/GOARCH.
	Platform string
	// Dir has the files of Module, as `go mod download` leaves them.
	Dir string
}

// Key is that of Distribution in a program for the platform.
func (f Foreign) Key() string { return key(f.Platform) }

// Unpack is that of Distribution.
func (f Foreign) Unpack(ctx context.Context, dir string) error {
	data := filepath.Join(f.Dir, "python", "internal", "data", strings.ReplaceAll(f.Platform, "/", "-"))
	return unpackForeign(ctx, data, dir)
}

// UnpackPip is that of Distribution.
func (f Foreign) UnpackPip(ctx context.Context, dir string) error { return unpackPip(ctx, dir) }
