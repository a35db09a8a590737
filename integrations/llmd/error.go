package llmd

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ErrNoTokens is of an answer without tokens: nothing is published then.
var ErrNoTokens = errors.New("llmd: the renderer answered without tokens")

// RenderError is an answer of the renderer that is none.
type RenderError struct {
	Path       string
	Status     int
	Body       string        // of the answer, at most its first KiB
	RetryAfter time.Duration // what a busy renderer asks for, 0 where it does not
}

// Error has path and status, and the begin of the answer.
func (e *RenderError) Error() string {
	return fmt.Sprintf("llmd: %s: status %d: %s", e.Path, e.Status, e.Body)
}

// Retryable reports whether another renderer may answer.
func (e *RenderError) Retryable() bool {
	return e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
}
