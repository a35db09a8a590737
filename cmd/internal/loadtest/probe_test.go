package loadtest

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Who asks only when the answer to the last question is there sees one slow answer where a hundred would have waited.
func TestProbe_stalled(t *testing.T) {
	const still = 150 * time.Millisecond
	var asked atomic.Int64
	a := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			time.Sleep(still)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	h := probe(t.Context(), a, "/health", time.Millisecond, newWindow(0, 200*time.Millisecond))
	assert.GreaterOrEqual(t, h.Asked, 200, "each time that was due counts")
	assert.LessOrEqual(t, asked.Load(), int64(h.Asked)-149, "but nothing piles up")
	assert.GreaterOrEqual(t, h.Max, 150.0)
	assert.GreaterOrEqual(t, h.P99, 100.0)
	assert.Zero(t, h.Bad)
}

func TestProbe_unhealthy(t *testing.T) {
	a := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "engine dead", http.StatusServiceUnavailable)
	})
	h := probe(t.Context(), a, "/health", 10*time.Millisecond, newWindow(0, 50*time.Millisecond))
	assert.GreaterOrEqual(t, h.Bad, 5)
	assert.Equal(t, h.Asked, h.Bad)
	assert.Equal(t, "503 engine dead\n", h.Problems)
}
