package engine_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

func TestClassify(t *testing.T) {
	secret := "a prompt"
	for i, c := range []struct {
		err       error
		code      string
		status    int
		after     time.Duration
		retryable bool
	}{
		{bridge.ErrOverloaded, "overloaded", 429, time.Second, true},
		{bridge.ErrTooLarge, "too_large", 413, 0, false},
		{context.DeadlineExceeded, "timeout", 504, 0, false},
		{&bridge.WorkerError{Kind: bridge.ErrTimeLimit}, "timeout", 504, 0, false},
		{context.Canceled, "canceled", 499, 0, false},
		{engine.ErrLoading, "loading", 503, time.Second, true},
		{engine.ErrDraining, "closed", 503, time.Second, true},
		{bridge.ErrClosed, "closed", 503, time.Second, true},
		{&bridge.WorkerError{Kind: bridge.ErrWorkerDied, Stderr: secret}, "worker_died", 503, time.Second, true},
		{&bridge.WorkerError{Kind: bridge.ErrWorkerGarbage}, "worker_died", 503, time.Second, true},
		{&bridge.WorkerError{Kind: bridge.ErrWorkerMemory}, "worker_memory", 500, 0, false},
		{bridge.ErrCrashLoop, "crash_loop", 503, time.Second, true},
		{&bridge.NoWorkerError{Err: os.ErrNotExist}, "no_worker", 503, time.Second, true},
		{&bridge.FetchError{Place: "messages.0", URL: secret}, "fetch", 400, 0, false},
		{&bridge.PyError{Type: "PanicException", Str: secret, Message: secret}, "internal", 500, 0, false},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			for _, err := range []error{c.err, fmt.Errorf("bridge: serve: %w", c.err)} {
				f := engine.Classify(err)
				assert.Equal(t, c.code, f.Code, c.err)
				assert.Equal(t, c.status, f.Status, c.err)
				assert.Equal(t, c.after, f.RetryAfter, c.err)
				assert.Equal(t, c.retryable, f.Retryable, c.err)
				assert.NotEmpty(t, f.Message)
				assert.NotContains(t, f.Message, secret)
			}
		})
	}
}
