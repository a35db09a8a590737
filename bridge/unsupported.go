package bridge

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/mistralbridge/mistralbridge/bridge/internal/cpython"
	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// ErrUnsupported says that this program was built for a system, or in a way, that cannot run Python as Open was asked to. The
// error is an *UnsupportedError. Also errors.Is(err, errors.ErrUnsupported) holds.
var ErrUnsupported = fmt.Errorf("bridge: this build cannot do that: %w", errors.ErrUnsupported)

// UnsupportedError says what this build cannot run, and the way out. Nothing was looked for, fetched or started.
//
// On Linux only the interpreter in this process needs cgo: WithWorkers works without it. On other systems neither works,
// and the tokens come from a server elsewhere: mtok serve.
type UnsupportedError struct {
	GOOS, GOARCH string // what the program was built for
	Workers      bool   // whether Open with WithWorkers works in this program
}

func (e *UnsupportedError) Error() string {
	if e.Workers {
		return "bridge: this program was built without cgo, which an interpreter inside it needs: open with WithWorkers, " +
			"which needs none, or build with CGO_ENABLED=1 and a C compiler"
	}
	return fmt.Sprintf("bridge: Python runs under this package on Linux, and this program was built for %s/%s: "+
		"run `mtok serve` on a Linux machine or in a container and ask it with package bridge/client", e.GOOS, e.GOARCH)
}

// Is makes errors.Is(err, ErrUnsupported) true, and errors.Is(err, errors.ErrUnsupported).
func (*UnsupportedError) Is(target error) bool {
	return target == ErrUnsupported || target == errors.ErrUnsupported
}

// Embeddable reports whether this program can run the interpreter inside itself. One that was built without cgo
// cannot: its Open needs WithWorkers. Elsewhere than on Linux Open fails either way.
func Embeddable() bool { return cpython.Available }

// supported is nil if this build can run what the options ask for.
func (c *config) supported() error {
	if sys.Workers && (cpython.Available || c.workers.n > 0) {
		return nil
	}
	return unsupported()
}

func unsupported() error {
	return &UnsupportedError{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, Workers: sys.Workers}
}
