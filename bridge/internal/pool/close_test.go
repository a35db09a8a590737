package pool_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/job"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

func TestClient_Close(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	other := p.NewClient()
	stuck, err := c.Submit(t.Context(), frame(opFault, 0, 0, "hang"))
	require.NoError(t, err)
	eventually(t, func() bool { return p.RunningJobs() == 1 })
	queued, err := c.Submit(t.Context(), frame(opSleep, 0, 0, ""))
	require.NoError(t, err)
	theirs, err := other.Submit(t.Context(), frame(opEcho, 0, 0, "theirs"))
	require.NoError(t, err)
	short := newDeadline(t)
	time.AfterFunc(20*time.Millisecond, short.pass)
	err = c.Close(short)
	var ce *job.CloseError
	require.ErrorAs(t, err, &ce)
	assert.Equal(t, []int{1, 1}, []int{ce.Running, ce.Left})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	for i, j := range []job.Pending{stuck, queued} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			_, err := j.Reply()
			require.ErrorIs(t, err, pool.ErrClosed)
		})
	}
	require.NoError(t, theirs.Wait(t.Context()))
	r, err := theirs.Reply()
	require.NoError(t, err)
	assert.Equal(t, "theirs", string(r.Body))
	_, err = c.Do(t.Context(), frame(opEcho, 0, 0, ""))
	require.ErrorIs(t, err, pool.ErrClosed)
	require.NoError(t, c.Close(t.Context()))
}

// Close under load: everybody gets an answer, no process stays.
func TestClose_underLoad(t *testing.T) {
	p, c := start(t, nil)
	v3 := load(t, c, `{"name":"v3"}`)
	hello(t, c, v3)
	var answered, closed atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for {
				_, err := c.Do(context.Background(), frame(opSleep, v3, 1, ""))
				if errors.Is(err, pool.ErrClosed) {
					closed.Add(1)
					return
				}
				if !assert.NoError(t, err) {
					return
				}
				answered.Add(1)
			}
		})
	}
	eventually(t, func() bool { return answered.Load() > 100 })
	pids := processes(t, p)
	require.NoError(t, p.Close(t.Context()))
	wg.Wait()
	assert.EqualValues(t, 16, closed.Load())
	for _, pid := range pids {
		eventually(t, func() bool { return !alive(pid) }, pid)
	}
	s := p.Stats()
	assert.Equal(t, s.Submitted, s.Completed+s.Failed+s.Cancelled)
	require.ErrorIs(t, p.Ready(), pool.ErrClosed)
	require.NoError(t, p.Close(t.Context()))
}

// Close ends a load at any stage.
func TestClose_duringLoad(t *testing.T) {
	for _, fifo := range []string{"before-load", "load"} {
		t.Run(fifo, func(t *testing.T) {
			p, c := start(t, nil)
			path := tokenizerFile(t)
			g := newGateAt(t, filepath.Join(filepath.Dir(path), fifo))
			j, err := c.Submit(t.Context(), loadFrame(path))
			require.NoError(t, err)
			g.begun()
			require.NoError(t, p.Close(t.Context()))
			_, err = j.Reply()
			require.ErrorIs(t, err, pool.ErrClosed)
		})
	}
}

// Close does not wait for a first process in the making.
func TestClose_duringRestart(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	path := tokenizerFile(t)
	v3 := load(t, c, fmt.Sprintf(`{"file":%q}`, path))
	full(t, p, c)
	g := newGateAt(t, filepath.Join(filepath.Dir(path), "load"))
	kill(p.Zygote())
	kill(pidOf(t, c))
	j, err := c.Submit(t.Context(), frame(wire.OpEncodeChat, v3, -1, helloRequest))
	require.NoError(t, err)
	g.begun() // it loads anew what there was
	require.NoError(t, p.Close(t.Context()))
	_, err = j.Reply()
	require.ErrorIs(t, err, pool.ErrClosed)
}

func TestStart_failed(t *testing.T) {
	for name, change := range map[string]func(*pool.Options){
		"no such program": func(o *pool.Options) { o.Python = "/nonexistent/python" },
		"no Python":       func(o *pool.Options) { o.Python = "/bin/false" },
		"no sources":      func(o *pool.Options) { o.Boot = []byte("{}") },
		"no workers":      func(o *pool.Options) { o.Workers = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			change(&o)
			_, err := pool.Start(t.Context(), o)
			require.Error(t, err)
			if name == "no sources" {
				require.ErrorContains(t, err, "start pyshim: KeyError: 'bootstrap'")
			}
		})
	}
}
