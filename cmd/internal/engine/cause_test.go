package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// A log says what failed, whatever is around it, and never a text that may be a caller's.
func TestCause(t *testing.T) {
	secret := errors.New("secret")
	for want, err := range map[string]error{
		"context deadline exceeded":  fmt.Errorf("encode_chat secret: %w", context.DeadlineExceeded),
		"context canceled":           fmt.Errorf("a: %w", fmt.Errorf("b: %w", context.Canceled)),
		"too many open files":        fmt.Errorf("a: %w", &fs.PathError{Op: "open", Path: "secret", Err: syscall.EMFILE}),
		"*errors.errorString":        fmt.Errorf("a: %w", secret),
		"*os.LinkError":              errors.Join(&os.LinkError{Op: "secret"}, secret),
		bridge.ErrOverloaded.Error(): fmt.Errorf("a: %w", bridge.ErrOverloaded),
		bridge.ErrClosed.Error():     fmt.Errorf("%w: secret", bridge.ErrClosed),
	} {
		assert.Equal(t, want, engine.Cause(err))
	}
}
