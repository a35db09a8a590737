package bundled

import (
	"context"
	"runtime"
	"strings"
)

const (
	// version is the CPython release and the build of the data module.
	version = "3.14.6-20260610-1"
	// content is the start, in hex, of the go.sum hash of the data module. The Go
	// tool verified the module against that hash, so it names the content without
	// anyone having to read 60 MB at start.
	content = "a06512efef96"
	// Module is the data module at that version, as `go mod download` takes it.
	Module = "github.com/kluctl/go-embed-python@v0.0.0-" + version
	// Sum is the hash of Module in go.sum.
	Sum = "h1:oGUS7++Wm3LgxUfD6AmJgKbKQD2wdQFO9PzyJv6T+E4="
)

// Distribution is the CPython carried in the program. The zero value is ready;
// it holds nothing and is safe for concurrent use.
type Distribution struct{}

// Python returns the CPython carried in the program.
func Python() Distribution { return Distribution{} }

// Key names the content: equal keys unpack to equal files. It is fit to be the
// name of a directory.
func (Distribution) Key() string { return key(runtime.GOOS + "/" + runtime.GOARCH) }

func key(platform string) string {
	return "cpython-" + version + "-" + strings.ReplaceAll(platform, "/", "-") + "-" + content
}

// Version is the version of the interpreter, such as "3.14.6".
func (Distribution) Version() string {
	for i, c := range version {
		if c == '-' {
			return version[:i]
		}
	}
	return version
}

// Unpack writes the interpreter below dir: bin/python3, lib/python3.14 and
// lib/libpython3.14.so.1.0. dir must be absent or empty and its parent private
// to the user. The writing itself takes about a second and is not interrupted;
// ctx is looked at before and after.
func (Distribution) Unpack(ctx context.Context, dir string) error {
	return unpackPython(ctx, dir)
}

// UnpackPip writes below dir what has to be on PYTHONPATH for `python -m pip`.
// The rules for dir and ctx are those of Unpack.
func (Distribution) UnpackPip(ctx context.Context, dir string) error {
	return unpackPip(ctx, dir)
}
