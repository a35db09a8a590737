package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// defaultWorkers is what --backend pool has without --workers: one for what is
// large, one for what is not.
const defaultWorkers = 2

// backends are the values of --backend.
var backends = []string{"embedded", "pool"}

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
	}
	return nil, nil
}
