package pool_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
)

// Everything arrives when it comes and goes in small pieces: jobs and answers cut anywhere, small and large.
func TestSlow_trickle(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	v3 := load(t, c, `{"name":"v3"}`)
	_, err := c.Do(t.Context(), frame(opFault, 0, 0, "trickle"))
	require.NoError(t, err)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 10 {
				want := strings.Repeat(fmt.Sprint(g, i, " "), 1<<(2*i%19))
				r, err := c.Do(t.Context(), frame(opEcho, 0, 0, want))
				assert.NoError(t, err)
				assert.True(t, want == string(r.Body))
				hello(t, c, v3)
			}
		})
	}
	wg.Wait()
	s := p.Stats()
	assert.Zero(t, s.Crashes+s.Killed)
	assert.Equal(t, s.Submitted, s.Completed)
}

// A worker that stands still, its socket full, holds up nobody but those that it has: neither who submits more, nor the
// other worker's calls. It may also come back.
func TestSlow_stopped(t *testing.T) {
	p, c := start(t, nil)
	full(t, p, c)
	for _, w := range p.Stats().Workers {
		require.NoError(t, syscall.Kill(w.PID, syscall.SIGSTOP))
	}
	large := strings.Repeat("x", 3<<20)
	var jobs []job.Pending
	for range 4 { // more than goes into a socket
		j, err := c.Submit(t.Context(), frame(opEcho, 0, 0, large))
		require.NoError(t, err)
		jobs = append(jobs, j)
	}
	still := 0
	for _, w := range p.Stats().Workers {
		if w.Running {
			still = w.PID
		} else {
			require.NoError(t, syscall.Kill(w.PID, syscall.SIGCONT))
		}
	}
	require.NotZero(t, still)
	for range 200 {
		_, err := c.Do(t.Context(), frame(opEcho, 0, 0, "small"))
		require.NoError(t, err)
	}
	require.NoError(t, syscall.Kill(still, syscall.SIGCONT))
	for _, j := range jobs {
		body, _ := answerOf(t, j)
		assert.True(t, large == body)
	}
	s := p.Stats()
	assert.Zero(t, s.Crashes+s.Killed)
	assert.Equal(t, s.Submitted, s.Completed)
}

// A job that the socket takes in part is sent to its end by somebody else.
func TestSlow_partialWrite(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	worker := pidOf(t, c)
	require.NoError(t, syscall.Kill(worker, syscall.SIGSTOP))
	var want strings.Builder
	for i := 0; want.Len() < 250<<10; i++ {
		fmt.Fprint(&want, i, " ")
	}
	j, err := c.Submit(t.Context(), frame(opEcho, 0, 0, want.String()))
	require.NoError(t, err)
	behind, err := c.Submit(t.Context(), frame(opEcho, 0, 0, "behind"))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(worker, syscall.SIGCONT))
	body, _ := answerOf(t, j)
	assert.True(t, want.String() == body)
	body, _ = answerOf(t, behind)
	assert.Equal(t, "behind", body)
	assert.Zero(t, p.Stats().Crashes)
}

// Close ends workers that stand still, with a large job half sent.
func TestSlow_close(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	full(t, p, c)
	pids := processes(t, p)
	require.NoError(t, syscall.Kill(pids[0], syscall.SIGSTOP))
	j, err := c.Submit(t.Context(), frame(opEcho, 0, 0, strings.Repeat("x", 5<<20)))
	require.NoError(t, err)
	require.NoError(t, p.Close(t.Context()))
	_, err = j.Reply()
	require.ErrorIs(t, err, pool.ErrClosed)
	for _, pid := range pids {
		eventually(t, func() bool { return !alive(pid) }, pid)
	}
}

// What waits behind a long job goes to another worker also when that one comes later: at the start of a pool, or in the place
// of one that ended.
func TestSlow_laterWorker(t *testing.T) {
	path := breakable(t)
	p, c := start(t, func(o *pool.Options) { o.Python = path })
	full(t, p, c)
	require.NoError(t, os.WriteFile(path+".nofork", nil, 0o600))
	first := pidOf(t, c)
	for _, w := range p.Stats().Workers {
		if w.PID != first {
			kill(w.PID)
		}
	}
	eventually(t, func() bool { return len(p.Stats().Workers) == 1 })
	g, long := hold(t, c)
	behind, err := c.Submit(t.Context(), frame(opPID, 0, 0, ""))
	require.NoError(t, err)
	eventually(t, func() bool { return p.SlowWorkers() == 1 })
	require.NoError(t, os.Remove(path+".nofork"))
	_, pid := answerOf(t, behind) // while the first is held
	assert.NotEqual(t, first, pid)
	g.open()
	_, _ = answerOf(t, long)
}
