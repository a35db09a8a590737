package loadtest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A worker that was just started may take a while until it has used any processor time that can be seen.
func TestBusiest(t *testing.T) {
	c := exec.Command("sh", "-c", "read line; while :; do :; done")
	in, err := c.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	time.AfterFunc(time.Second, func() { _ = in.Close() })
	defer func() {
		require.NoError(t, c.Process.Kill())
		_ = c.Wait()
	}()
	assert.Equal(t, c.Process.Pid, busiest(t.Context(), os.Getpid(), 50*time.Millisecond))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Zero(t, busiest(ended, os.Getpid(), 50*time.Millisecond))
}
