//go:build !linux || !(amd64 || arm64)

package bundled

import (
	"context"
	"fmt"
	"runtime"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// There is a CPython for Linux on amd64 and arm64. Programs for other machines carry none, and are 36 MB smaller.

func unpackPython(context.Context, string) error { return errAbsent() }

func unpackPip(context.Context, string) error { return errAbsent() }

func unpackForeign(context.Context, string, string) error { return errAbsent() }

func errAbsent() error {
	return fmt.Errorf("bundled: there is no CPython for %s/%s: name one with bridge.WithPython: %w",
		runtime.GOOS, runtime.GOARCH, bridge.ErrUnsupported)
}
