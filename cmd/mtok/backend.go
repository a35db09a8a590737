package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// defaultWorkers is what --backend pool has without --workers: one for what is
// large, one for what is not.
const defaultWorkers = 2

// serveWorkers is what mtok serve has without --workers: one interpreter would have everybody wait behind a large
// request. A container's limit of processors counts, as two at least; so does GOMAXPROCS.
func serveWorkers() int { return runtime.GOMAXPROCS(0) }

// backends are the values of --backend.
var backends = []string{"embedded", "pool"}

// defaultBackend is that of --backend: without cgo there are workers only.
func defaultBackend() string {
	if bridge.Embeddable() {
		return "embedded"
	}
	return "pool"
}

// errNotEmbedded is what a build without cgo says to who asks for the interpreter in this process.
func errNotEmbedded(what, wayOut string) error {
	return environmentError{fmt.Errorf("%s needs the interpreter inside this program, which was built without cgo: %s, or build it with CGO_ENABLED=1",
		what, wayOut)}
}

// backendOptions are the options that --backend and --workers stand for.
func backendOptions(backend string, workers int) ([]bridge.Option, error) {
	switch {
	case workers < 0:
		return nil, errors.New("--workers: the number must be above zero")
	case !slices.Contains(backends, backend):
		return nil, fmt.Errorf("--backend: there is no backend %q; there are %s", backend, strings.Join(backends, " and "))
	case workers > 0:
		return []bridge.Option{bridge.WithWorkers(workers)}, nil
	case backend == "pool":
		return []bridge.Option{bridge.WithWorkers(defaultWorkers)}, nil
	case !bridge.Embeddable():
		return nil, errNotEmbedded("--backend embedded", "use --backend pool")
	}
	return nil, nil
}
