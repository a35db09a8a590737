//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// fine are the statuses that a request may have, of whatever size and kind: an answer, too large, or try again. 400 and
// 422 are what the reference answers to some: they are no request of the route, or have more tokens than the model takes.
var fine = []int{200, 400, 413, 422, 429, 503}

// answers is what became of requests. Safe for any number of goroutines.
type answers struct {
	mu       sync.Mutex
	statuses map[int]int
	refused  int // how often one was tried again
	errs     []error
}

// one sends a request, and notes its status.
func (a *answers) one(ctx context.Context, r request) {
	begun := time.Now()
	status, err := r.send(ctx)
	a.note(r, status, begun, err)
}

// again is one for a caller who tries again, as 429 says: else nearly all of many at once cost nothing.
func (a *answers) again(ctx context.Context, r request) {
	for begun := time.Now(); ; {
		status, err := r.send(ctx)
		if err != nil || status != http.StatusTooManyRequests || ctx.Err() != nil || time.Since(begun) > hang {
			a.note(r, status, begun, err)
			return
		}
		a.mu.Lock()
		a.refused++
		a.mu.Unlock()
		time.Sleep(200 * time.Millisecond)
	}
}

func (a *answers) note(r request, status int, begun time.Time, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.statuses == nil {
		a.statuses = map[int]int{}
	}
	a.statuses[status]++
	if err != nil || !slices.Contains(fine, status) {
		a.errs = append(a.errs, fmt.Errorf("%s: status %d after %v: %w", r.name, status, time.Since(begun).Round(time.Second), errors.Join(err, errors.New("is none of the known"))))
	}
}

// take gives the statuses since the last time.
func (a *answers) take() map[int]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	taken := a.statuses
	a.statuses = nil
	return taken
}
