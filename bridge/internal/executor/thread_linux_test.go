package executor

import (
	"context"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// The engine is called on the starter's thread only, whatever callers and the scheduler do, and nobody else runs there.
func TestEngine_thread(t *testing.T) {
	var home int
	starter := func() (Engine, error) {
		home = syscall.Gettid()
		return engineFunc(func([]byte, *wire.Reply) error {
			assert.Equal(t, home, syscall.Gettid())
			runtime.Gosched()
			assert.Equal(t, home, syscall.Gettid())
			return nil
		}), nil
	}
	e, err := Start(context.Background(), starter, Options{})
	require.NoError(t, err)
	defer shut(t, e)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				assert.NotEqual(t, home, syscall.Gettid())
				_, err := e.Do(context.Background(), frame(1))
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1600, e.Stats().Completed)
}
